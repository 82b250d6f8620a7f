from __future__ import annotations

import ctypes
import os
import platform
import subprocess
from collections.abc import Iterator

import pytest

from rulemint_runner.sandbox.priority import NICENESS, Priority, lower_priority
from rulemint_runner.sandbox.turns import give_usual_turns, take_long_turns

SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}
TURN_OFFSET, SIZE = 24, 48
"""Of ``struct sched_attr``."""
KERNEL = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])


@pytest.fixture
def starting() -> Iterator[int]:
    """A process that starts as a host does."""
    with subprocess.Popen(["/bin/sleep", "60"], preexec_fn=take_long_turns, process_group=0) as sleeping:  # noqa: PLW1509  # as the spawner does
        yield sleeping.pid
        sleeping.kill()


def turn_ns(pid: int) -> int:
    seen = ctypes.create_string_buffer(SIZE)
    assert ctypes.CDLL(None).syscall(SCHED_GETATTR[platform.machine()], pid, seen, SIZE, 0) == 0
    return int.from_bytes(seen.raw[TURN_OFFSET : TURN_OFFSET + 8], "little")


@pytest.mark.skipif(KERNEL < (6, 12), reason="this kernel ignores the wish for a turn")
def test_what_starts_takes_longer_turns_than_its_neighbours_until_it_is_given_the_usual_ones(starting: int) -> None:
    usual_ns = turn_ns(os.getpid())
    assert turn_ns(starting) > 10 * usual_ns
    give_usual_turns(starting)
    assert turn_ns(starting) == usual_ns


def test_a_low_priority_lets_others_go_first_and_the_lowest_all(starting: int) -> None:
    lower_priority(starting, Priority.LOW)
    assert os.getpriority(os.PRIO_PROCESS, starting) == NICENESS
    lower_priority(starting, Priority.IDLE)
    assert os.sched_getscheduler(starting) == os.SCHED_IDLE


def test_a_process_that_has_ended_is_no_error(starting: int) -> None:
    os.kill(starting, 9)
    os.waitpid(starting, 0)
    give_usual_turns(starting)
    lower_priority(starting, Priority.LOW)
    lower_priority(starting, Priority.IDLE)
