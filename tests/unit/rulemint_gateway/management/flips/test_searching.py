"""The search goes on from what changed a rule's way, ends with the least, and stops at its bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from rulemint_gateway.management.flips.reading import Reading
from rulemint_gateway.management.flips.searching import OverError, Search, Seen
from rulemint_gateway.management.flips.wants import Want
from rulemint_gateway.management.tapes.replay_answers import ReplayedResult
from rulemint_shared.contract.messages import ClientView, Invocation, RequestView, RuleRef
from rulemint_shared.contract.traces import RuleTrace, Span

TEXT = """
if (client.metadata.plan !== 'gold') throw 1;
if (Number(client.metadata.seats) * 7 < 400) throw 2;
if (context.body.kind !== 'new') throw 3;
"""
GRANTED = ReplayedResult(outcome="granted", message="", scope=[], claims={})
DENIED = msgspec.structs.replace(GRANTED, outcome="denied")


def an_invocation(**metadata: str) -> Invocation:
    return Invocation(
        id="exc_1",
        tenant="acme",
        client=ClientView(tenant="acme", id="robot", name="Robot", metadata=metadata),
        audience="https://api/",
        scope=["read"],
        request=RequestView(ip="192.0.2.1", user_agent="curl", body={}),
        flow=[RuleRef(rule_id="rul_1", name="plan", version=2)],
        deadline_ms=1,
        enqueued_at_ms=0,
    )


def ended_at(invocation: Invocation) -> int:
    """Run the rule of `TEXT`; the line that refuses, or 0."""
    metadata = invocation.client.metadata
    if metadata.get("plan") != "gold":
        return 2
    seats = metadata.get("seats", "0")
    if not seats.isdecimal() or int(seats) * 7 < 400:
        return 3
    return 4 if invocation.request.body.get("kind") != "new" else 0


async def run_text(invocation: Invocation) -> Seen:
    line = ended_at(invocation)
    spans = [Span(first=line + 1, last=5, of=line)] if line else []
    result = DENIED if line else GRANTED
    return Seen(result=result, traces=[RuleTrace(rule="plan", answered_at=line, not_run=spans)])


async def all_of(runs: Sequence[object]) -> Sequence[Seen]:
    return await asyncio.gather(*runs)  # type: ignore[call-overload, no-any-return]  # coroutines of `Seen`


def a_search(invocation: Invocation, run: Callable[[Invocation], object] = run_text) -> Search:
    reading = Reading(TEXT, is_python=False)
    return Search(invocation, {"plan": reading}, Want("token"), run)  # type: ignore[arg-type]  # a fake of `Run`


async def test_each_branch_that_opens_is_a_place_to_go_on_from() -> None:
    search = a_search(an_invocation(plan="none", seats="3"))
    found = await search.find(all_of)
    assert found is not None
    assert set(found) == {"client.metadata.plan=gold", "client.metadata.seats=58", "request.body.kind=new"}
    assert len(search.tried.ways) >= 3


async def test_nothing_stays_that_is_not_needed() -> None:
    found = await a_search(an_invocation(plan="gold", seats="300")).find(all_of)
    assert found == ("request.body.kind=new",)


async def test_a_search_that_may_run_nothing_more_says_why() -> None:
    left = iter(range(30))

    async def run(invocation: Invocation) -> Seen:
        if next(left, None) is None:
            raise OverError("no more")
        return msgspec.structs.replace(await run_text(invocation), result=DENIED)

    search = a_search(an_invocation(plan="none"), run)
    assert await search.find(all_of) is None
    assert (search.tried.runs, search.tried.over) == (30, "no more")


async def test_runs_that_the_tape_cannot_tell_are_counted_and_lead_nowhere() -> None:
    async def run(_invocation: Invocation) -> Seen:
        return Seen(result=None, unknown="a call: GET api.example")

    search = a_search(an_invocation(plan="none"), run)
    assert await search.find(all_of) is None
    assert search.tried.unknown == search.tried.runs
    assert search.tried.why_unknown == "a call: GET api.example"
