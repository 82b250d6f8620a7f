"""The bound of asynchronous tests."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.patience import within


async def waits_for_nothing(seconds: float = 60) -> None:
    await asyncio.sleep(seconds)


async def test_a_test_that_waits_for_nothing_fails_after_its_time() -> None:
    with pytest.raises(AssertionError, match=r"not over after 0\.01 s"):
        await within(0.01, waits_for_nothing)()


async def test_a_timeout_of_the_test_itself_is_told_as_it_is() -> None:
    async def times_out() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await within(5, times_out)()


async def test_each_asynchronous_test_is_bounded(request: pytest.FixtureRequest) -> None:
    layers = [request.node.obj]
    while hasattr(layers[-1], "__wrapped__"):
        layers.append(layers[-1].__wrapped__)
    assert within.__code__.co_filename in {layer.__code__.co_filename for layer in layers}
