from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from rulemint_runner.egress.broker.answered_connection import AnsweredConnection
from rulemint_runner.egress.errors import EgressFailed

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


@dataclass
class Ends:
    """A connection, and the other side's socket."""

    ours: AnsweredConnection
    theirs: socket.socket
    kept: set[AnsweredConnection]

    async def answered(self, answer: bytes = OK) -> bytes:
        """The body of *answer*, to a request that was made."""
        self.ours.set_response_params()
        self.theirs.sendall(answer)
        _message, payload = await self.ours.read()
        return await payload.read()


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    loop = asyncio.get_running_loop()
    one, other = socket.socketpair()
    kept: set[AnsweredConnection] = set()
    transport, connection = await loop.create_connection(lambda: AnsweredConnection(kept, loop=loop), sock=one)
    with other:
        yield Ends(connection, other, kept)
        transport.abort()


async def test_a_connection_that_answered_and_rests_may_be_used_again(ends: Ends) -> None:
    for _ in range(3):
        assert await ends.answered() == b"ok"
        ends.ours.rest()
        assert ends.ours.is_quiet()


async def test_a_connection_is_kept_between_its_answers_and_until_it_ends(ends: Ends) -> None:
    await ends.answered()
    assert not ends.kept
    ends.ours.rest()
    assert ends.kept == {ends.ours}
    await ends.answered()
    assert not ends.kept
    ends.ours.rest()
    ends.theirs.close()
    while ends.ours.transport is not None:
        await asyncio.sleep(0)
    assert not ends.kept
    ends.ours.rest()
    assert not ends.kept


@pytest.mark.parametrize("words", [b"H", EVIL])
async def test_what_waits_in_the_kernel_unread_is_noticed(ends: Ends, words: bytes) -> None:
    """The loop has had no turn since it was sent."""
    await ends.answered()
    ends.ours.rest()
    ends.theirs.sendall(words)
    assert not ends.ours.is_quiet()


async def test_an_end_that_the_loop_has_not_seen_is_noticed(ends: Ends) -> None:
    await ends.answered()
    ends.ours.rest()
    ends.theirs.shutdown(socket.SHUT_WR)
    assert not ends.ours.is_quiet()


async def test_what_comes_while_it_rests_is_parsed_by_nobody_and_ends_it(ends: Ends) -> None:
    await ends.answered()
    ends.ours.rest()
    ends.ours.data_received(EVIL)
    assert len(ends.ours) == 0
    assert not ends.ours.is_connected()
    assert not ends.ours.is_quiet()


@pytest.mark.parametrize("surplus", [b"H", b"\r\n", EVIL[:9], EVIL])
async def test_what_is_behind_an_answer_leaves_the_answer_and_costs_the_connection(ends: Ends, surplus: bytes) -> None:
    assert await ends.answered(OK + surplus) == b"ok"
    ends.ours.rest()
    assert not ends.ours.is_quiet()


async def test_a_greeting_is_no_answer(ends: Ends) -> None:
    ends.ours.data_received(EVIL)
    ends.ours.set_response_params()
    with pytest.raises(EgressFailed, match="spoke before it was asked"):
        await ends.ours.read()


async def test_nothing_to_go_on_with_is_no_word(ends: Ends) -> None:
    await ends.answered()
    ends.ours.rest()
    ends.ours.resume_reading()
    assert ends.ours.is_quiet()
