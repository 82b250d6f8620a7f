from __future__ import annotations

import asyncio
import errno
import os
from contextlib import suppress

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs

from rulemint_shared.process import shortages
from rulemint_shared.process.shortages import note_shortage, shortage_of


def an_error(number: int, path: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), path)


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortages, "_last", shortages._LastLogged())


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (an_error(errno.EMFILE), "RLIMIT_NOFILE is "),
        (an_error(errno.ENFILE), "fs.file-max"),
        (an_error(errno.ENOMEM), "memory.max"),
        (MemoryError(), "memory.max"),
        (RuntimeError("can't start new thread"), "RLIMIT_NPROC is "),
        (an_error(errno.ENOSPC, "/var/lib/packages"), "/var/lib/packages"),
        (an_error(errno.EDQUOT, "/var/lib/packages"), "/var/lib/packages"),
    ],
    ids=["EMFILE", "ENFILE", "ENOMEM", "MemoryError", "no thread", "ENOSPC", "EDQUOT"],
)
def test_what_is_used_up_is_named_with_its_limit(error: BaseException, named: str) -> None:
    shortage = shortage_of(error)
    assert shortage is not None
    assert named in shortage.limit
    assert shortage.advice


@pytest.mark.parametrize(
    "error",
    [an_error(errno.ECONNREFUSED), RuntimeError("something else"), ValueError(), BlockingIOError(errno.EAGAIN, "")],
)
def test_other_errors_are_no_shortage(error: BaseException) -> None:
    assert shortage_of(error) is None


def test_a_process_that_could_not_be_started_for_now_is_one() -> None:
    shortage = shortage_of(BlockingIOError(errno.EAGAIN, ""), starting=True)
    assert shortage is not None
    assert "RLIMIT_NPROC is " in shortage.limit


def test_it_is_found_behind_another_error() -> None:
    wrapped = RedisConnectionError("cannot connect")
    with suppress(RedisConnectionError):
        try:
            raise an_error(errno.EMFILE)
        except OSError:
            raise wrapped  # noqa: B904  # as redis-py does
    assert shortage_of(wrapped) is not None


def test_one_line_says_so_however_often_it_happens() -> None:
    with capture_logs() as logs:
        for _ in range(100):
            note_shortage(an_error(errno.EMFILE))
            note_shortage(an_error(errno.ENFILE))
            note_shortage(ValueError())
    assert len(logs) == 2


async def test_nothing_is_said_while_there_are_descriptors() -> None:
    with capture_logs() as logs:
        watching = asyncio.create_task(shortages.watch_descriptors())
        await asyncio.sleep(0)
        watching.cancel()
    assert logs == []
