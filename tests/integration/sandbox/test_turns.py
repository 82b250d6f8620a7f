from __future__ import annotations

import ctypes
import os
import platform
import subprocess
from collections.abc import Iterator

import pytest

from rulemint_runner.sandbox.turns import give_long_turns, give_usual_turns

SCHED_GETATTR = {"x86_64": 315, "aarch64": 275}
TURN_OFFSET, NICE_OFFSET, SIZE = 24, 16, 48
"""Of ``struct sched_attr``."""
KERNEL = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])

pytestmark = pytest.mark.skipif(KERNEL < (6, 12), reason="this kernel ignores the wish for a turn")


@pytest.fixture
def process() -> Iterator[int]:
    with subprocess.Popen(["/bin/sleep", "60"]) as sleeping:
        yield sleeping.pid
        sleeping.kill()


def turn_ns_and_niceness(pid: int) -> tuple[int, int]:
    seen = ctypes.create_string_buffer(SIZE)
    assert ctypes.CDLL(None).syscall(SCHED_GETATTR[platform.machine()], pid, seen, SIZE, 0) == 0
    turn_ns = int.from_bytes(seen.raw[TURN_OFFSET : TURN_OFFSET + 8], "little")
    return turn_ns, int.from_bytes(seen.raw[NICE_OFFSET : NICE_OFFSET + 4], "little", signed=True)


def test_what_computes_for_long_gets_a_longer_turn_than_its_neighbours(process: int) -> None:
    usual_ns, _niceness = turn_ns_and_niceness(os.getpid())
    give_long_turns(process, niceness=10)
    turn_ns, niceness = turn_ns_and_niceness(process)
    assert turn_ns > 10 * usual_ns
    assert niceness == 10


def test_the_usual_turn_can_be_had_back(process: int) -> None:
    usual = turn_ns_and_niceness(process)
    give_long_turns(process, niceness=usual[1])
    give_usual_turns(process)
    assert turn_ns_and_niceness(process) == usual


def test_a_process_that_has_ended_is_no_error(process: int) -> None:
    os.kill(process, 9)
    os.waitpid(process, 0)
    give_long_turns(process, niceness=10)
