from __future__ import annotations

import msgspec
import pytest

from rulemint_gateway.management.rules.pauses import SHOWN_CLIENTS, pause_of
from rulemint_shared.contract.kept_pauses import KeptPause
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, RolloutState

RULE = Rule(id="rul_1", name="r", version=2, secrets_revision=1)
FOR_ALL = KeptPause(
    rule_id="rul_1", version=2, secrets_revision=1, client_id="", until_ms=5_000, why="three timeouts of 5 s"
)
FOR_ONE = msgspec.structs.replace(FOR_ALL, client_id="c", until_ms=9_000, why="three crashes")


def test_a_pause_for_all_counts_more_than_one_of_a_client() -> None:
    pause = pause_of(RULE, [FOR_ONE, FOR_ALL])
    assert pause is not None
    assert (pause.for_all, pause.clients, pause.client_count) == (True, [], 0)
    assert (pause.until, pause.why) == ("1970-01-01T00:00:05.000Z", "three timeouts of 5 s")


def test_pauses_of_several_clients_last_as_long_as_the_last_of_them() -> None:
    many = [msgspec.structs.replace(FOR_ONE, client_id=f"c{number:02}", until_ms=number) for number in range(30)]
    pause = pause_of(RULE, [*many, many[0]])
    assert pause is not None
    assert (pause.for_all, pause.client_count, len(pause.clients)) == (False, 30, SHOWN_CLIENTS)
    assert pause.until == "1970-01-01T00:00:00.029Z"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"version": 3}, id="a new version"),
        pytest.param({"secrets_revision": 2}, id="other secrets"),
        pytest.param({"resumed_at_ms": 1}, id="resumed for all"),
        pytest.param({"enabled": False}, id="disabled"),
        pytest.param({"id": "rul_2"}, id="another rule"),
    ],
)
def test_a_rule_that_was_changed_or_resumed_since_does_not_pause(changes: dict[str, object]) -> None:
    assert pause_of(msgspec.structs.replace(RULE, **changes), [FOR_ALL, FOR_ONE]) is None


def test_a_client_that_was_resumed_ends_its_own_pause_only() -> None:
    resumed = msgspec.structs.replace(RULE, resumed_clients={"c": 7})
    assert pause_of(resumed, [FOR_ONE]) is None
    assert pause_of(resumed, [FOR_ALL]) is not None
    assert pause_of(resumed, [msgspec.structs.replace(FOR_ONE, client_resumed_at_ms=7)]) is not None


@pytest.mark.parametrize(("state", "pauses"), [(RolloutState.RUNNING, True), (RolloutState.ROLLED_BACK, False)])
def test_a_version_of_a_rollout_pauses_as_long_as_the_rollout_runs(state: RolloutState, pauses: bool) -> None:
    rollout = Rollout(id="r", kind=RolloutKind.CANARY, version=3, old_version=2, steps=(5, 100), state=state)
    pause = pause_of(msgspec.structs.replace(RULE, rollout=rollout), [msgspec.structs.replace(FOR_ALL, version=3)])
    assert (pause is not None) is pauses
