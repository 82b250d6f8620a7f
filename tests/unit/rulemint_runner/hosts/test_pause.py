from __future__ import annotations

import pytest

from rulemint_runner.hosts.pause import Failure, Pause, why_of
from rulemint_shared.contract.messages import FailureReason

TIMEOUT = Failure(FailureReason.TIMEOUT, 5.003)
CRASH = Failure(FailureReason.CRASHED, 0.1)


@pytest.mark.parametrize(
    ("failures", "why"),
    [
        ([TIMEOUT] * 3, "three timeouts of 5 s"),
        ([TIMEOUT, TIMEOUT, CRASH], "two timeouts of 5 s and one crash"),
        ([CRASH] * 3, "three crashes"),
        ([Failure(FailureReason.SYNTAX, 0.0)] * 3, "three texts that do not parse"),
        ([Failure(FailureReason.TIMEOUT, 1.53)], "one timeout of 1.5 s"),
        ([Failure(FailureReason.TIMEOUT, 19.99)], "one timeout of 20 s"),
    ],
)
def test_the_words_say_what_failed_and_how_often(failures: list[Failure], why: str) -> None:
    assert why_of(failures) == why


def test_a_pause_says_for_whom_it_is_for_how_long_why_and_what_helps() -> None:
    assert Pause(30.0, 600.0, "three timeouts of 5 s", for_all=False).text("my rule", "c1") == (
        "the rule pauses for the client c1 for 600 s because of three timeouts of 5 s: "
        "deploy a new version, or end the pause with rulemint rules resume 'my rule' --client c1"
    )
    assert Pause(30.0, 30.0, "three crashes", for_all=True).text("rule", "c1") == (
        "the rule pauses for all clients for 30 s because of three crashes: "
        "deploy a new version, or end the pause with rulemint rules resume rule"
    )


def test_every_reason_that_can_be_counted_has_words() -> None:
    for reason in FailureReason:
        assert why_of([Failure(reason, 0.0)])
