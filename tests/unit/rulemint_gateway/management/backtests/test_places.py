"""One tenant's backtests wait for each other, and a gateway's places go to the tenants in turns."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from rulemint_gateway.management.backtests.places import AT_ONCE, OF_ALL, OF_THE_TENANT, WAITING, BacktestPlaces
from rulemint_gateway.management.errors import UnavailableError


async def test_a_tenant_runs_one_at_a_time_and_the_refusal_says_that_it_is_its_own() -> None:
    places = BacktestPlaces(wait_s=0.01)
    async with places.taken("acme"):
        with pytest.raises(UnavailableError) as refused:
            async with places.taken("acme"):
                pass
        assert refused.value.message == OF_THE_TENANT
        async with places.taken("another"):
            pass
    async with places.taken("acme"):
        pass


async def test_more_tenants_than_there_are_places_are_refused_in_words_about_others() -> None:
    places = BacktestPlaces(wait_s=0.01)
    async with AsyncExitStack() as stack:
        for number in range(AT_ONCE):
            await stack.enter_async_context(places.taken(f"tenant-{number}"))
        with pytest.raises(UnavailableError) as refused:
            async with places.taken("late"):
                pass
    assert refused.value.message == OF_ALL


async def test_who_waits_gets_the_place_that_becomes_free_before_the_one_that_just_had_it() -> None:
    places, order = BacktestPlaces(), list[str]()
    may_end = asyncio.Event()

    async def run(tenant: str) -> None:
        async with places.taken(tenant):
            order.append(tenant)
            await may_end.wait()

    running = [asyncio.create_task(run(tenant)) for tenant in ("one", "two")]
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(run(tenant)) for tenant in ("one", "late")]
    await asyncio.sleep(0)
    assert order == ["one", "two"]
    may_end.set()
    await asyncio.gather(*running, *waiting)
    assert order == ["one", "two", "late", "one"]


async def test_no_more_wait_than_there_is_room_for() -> None:
    places = BacktestPlaces()
    async with AsyncExitStack() as stack:
        for number in range(AT_ONCE):
            await stack.enter_async_context(places.taken(f"tenant-{number}"))
        waiting = [asyncio.create_task(_run(places, f"late-{number}")) for number in range(WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError) as refused:
            await _run(places, "too late")
        assert refused.value.message == OF_ALL
    await asyncio.gather(*waiting)


async def _run(places: BacktestPlaces, tenant: str) -> None:
    async with places.taken(tenant):
        pass
