from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from rulemint_runner.flow.flow import FlowEnding, Taping
from rulemint_runner.hosts.wire.frames import Run
from rulemint_runner.queue import shadows
from rulemint_runner.queue.shadow_counts import ShadowCounts
from rulemint_runner.queue.shadows import WAITING_OF_ONE_TENANT, ShadowRuns
from rulemint_runner.tapes.recording import Recording
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.log_records import LogRecord
from rulemint_shared.contract.messages import (
    ClientView,
    FailureReason,
    Granted,
    Invocation,
    RequestView,
    RuleRef,
    Shadow,
)
from rulemint_shared.contract.rollouts import ShadowRun
from rulemint_shared.contract.tapes import TapeWish

INVOCATION = Invocation(
    id="exc",
    tenant="t",
    client=ClientView(tenant="t", id="c", name="c", metadata={"api_key": "k"}),
    audience="a",
    scope=[],
    request=RequestView(ip="", user_agent="", body={}),
    flow=[RuleRef(rule_id="rul", name="plan", version=1, secrets_revision=3)],
    deadline_ms=1,
    enqueued_at_ms=1,
    shadow=Shadow(rule_id="rul", version=2, rollout="rol"),
)
LIVE = Granted(scope=[], claims={"plan": "old"})


class Counts(ShadowCounts):
    """Counts that are written nowhere."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type]  # nothing is written
        self.seen: Counter[ShadowRun] = Counter()

    def add(self, tenant: str, rollout_id: str, run: ShadowRun) -> None:
        assert (tenant[:1], rollout_id) == ("t", "rol")
        self.seen[run] += 1


class Published:
    """Takes what is published."""

    def __init__(self) -> None:
        self.records: list[LogRecord] = []

    def publish(self, _tenant: str, record: LogRecord) -> None:
        self.records.append(record)


class AFlow:
    """Ends each version in its way, at once."""

    def __init__(self, endings: dict[int, Any]) -> None:
        self.endings = endings
        self.began: list[tuple[Invocation, Invocation]] = []

    def begin(
        self, invocation: Invocation, _deadline: Any, _log: Any, done: Callable[[FlowEnding], None], taping: Taping
    ) -> AFlow:
        assert taping.replay is not None
        self.began.append((invocation, taping.replay.tape.invocation))
        done(FlowEnding(outcome=self.endings[invocation.flow[0].version], decided_by=invocation.flow[0], reports=[]))
        return self


def a_recording() -> Recording:
    recording = Recording(TapeWish.NO)
    rule = recording.next_rule()
    rule.run = Run(
        n=1, client={}, scope=[], audience="a", context={}, request={}, claims={}, cache={}, seed=7, now_ms=1.0
    )
    return recording


def some_runs(endings: dict[int, Any], *, room: bool = True) -> tuple[ShadowRuns, Counts, Published, AFlow]:
    counts, published, flow = Counts(), Published(), AFlow(endings)
    runs = ShadowRuns(flow, published, counts, has_room=lambda: room)  # type: ignore[arg-type]  # as far as they go
    return runs, counts, published, flow


async def run_all(runs: ShadowRuns) -> None:
    """Run what waits, one after the other."""
    while (waiting := runs._take()) is not None:
        runs._running.clear()
        runs._counts.add(waiting.invocation.tenant, waiting.shadow.rollout, await runs._one(waiting))


async def test_a_shadow_is_a_replay_with_hosts_and_rules_of_its_own_and_an_unmasked_tape() -> None:
    runs, counts, published, flow = some_runs({2: LIVE})
    runs.offer(INVOCATION, a_recording(), LIVE)
    await run_all(runs)
    ((replayed, taped),) = flow.began
    assert replayed.is_tried
    assert replayed.flow == [RuleRef(rule_id="shadow rul", name="plan", version=2)]
    assert taped.flow == [RuleRef(rule_id="rul", name="plan", version=2, secrets_revision=3)]
    assert taped.client.metadata == {"api_key": "k"}
    assert (counts.seen, published.records) == ({ShadowRun.EQUAL: 1}, [])


@pytest.mark.parametrize(
    ("again", "run"),
    [
        pytest.param({"plan": "old"}, ShadowRun.DIFFERENT, id="the old version is as before"),
        pytest.param({"plan": "by chance"}, ShadowRun.EQUAL, id="so is the old version"),
    ],
)
async def test_a_difference_is_told_unless_the_old_version_differs_there_too(
    again: dict[str, str], run: ShadowRun
) -> None:
    runs, counts, published, _flow = some_runs(
        {1: Granted(scope=[], claims=again), 2: Granted(scope=[], claims={"plan": "new"})}
    )
    runs.offer(INVOCATION, a_recording(), LIVE)
    await run_all(runs)
    assert (counts.seen, len(published.records)) == ({run: 1}, int(run is ShadowRun.DIFFERENT))


@pytest.mark.parametrize("reason", [FailureReason.OVERLOADED, FailureReason.TIMEOUT])
async def test_a_shadow_that_got_no_host_or_no_time_says_nothing_of_its_version(reason: FailureReason) -> None:
    runs, counts, _published, _flow = some_runs({2: failed(reason)})
    runs.offer(INVOCATION, a_recording(), LIVE)
    await run_all(runs)
    assert counts.seen == {ShadowRun.UNKNOWN: 1}


async def test_a_tenant_with_too_many_loses_the_newest_and_all_are_counted() -> None:
    runs, counts, _published, flow = some_runs({2: LIVE})
    for _ in range(WAITING_OF_ONE_TENANT + 3):
        runs.offer(INVOCATION, a_recording(), LIVE)
    runs.offer(msgspec.structs.replace(INVOCATION, tenant="t2"), a_recording(), LIVE)
    assert counts.seen == {ShadowRun.DROPPED: 3}
    await run_all(runs)
    assert counts.seen == {ShadowRun.DROPPED: 3, ShadowRun.EQUAL: WAITING_OF_ONE_TENANT + 1}
    assert len(flow.began) == WAITING_OF_ONE_TENANT + 1


async def test_without_room_a_shadow_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shadows, "WAITS_S", 0.01)
    runs, counts, _published, flow = some_runs({2: LIVE}, room=False)
    runs.offer(INVOCATION, a_recording(), LIVE)
    await run_all(runs)
    assert (counts.seen, flow.began) == ({ShadowRun.DROPPED: 1}, [])


async def test_an_invocation_in_which_the_rule_did_not_run_has_no_shadow() -> None:
    runs, counts, _published, flow = some_runs({2: LIVE})
    runs.offer(INVOCATION, Recording(TapeWish.NO), LIVE)
    runs.offer(INVOCATION, a_recording(), failed(FailureReason.OVERLOADED))
    await run_all(runs)
    assert (counts.seen, flow.began) == ({}, [])
