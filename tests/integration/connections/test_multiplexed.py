"""Many callers, one connection: each gets its own reply or an error, whatever the server does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from fixtures.scripted_server import OK, a_server_that_says, until
from rulemint_shared.redis import multiplexed_connection
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.redis.multiplexed_redis import MultiplexedRedis


def nothing(_words: list[bytes]) -> None:
    """The server keeps silent."""


def its_last_word(words: list[bytes]) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(words[-1]), words[-1])


def ask(client: RedisClient, word: str) -> asyncio.Task[Any]:
    return asyncio.create_task(asked(client, word))


def asked(client: RedisClient, word: str) -> Coroutine[Any, Any, Any]:
    return cast("Coroutine[Any, Any, Any]", client.eval("script", 1, "key", word))


def popped(client: RedisClient, name: str) -> Coroutine[Any, Any, Any]:
    return cast("Coroutine[Any, Any, Any]", client.brpop([name], timeout=1))


async def test_commands_of_one_moment_share_a_connection_and_each_gets_its_own_reply() -> None:
    async with a_server_that_says(its_last_word) as server, open_redis(server.url) as client:
        words = [f"{number}" for number in range(100)]
        replies = await asyncio.gather(*(asked(client, word) for word in words))
        assert replies == [word.encode() for word in words]
        assert len(server.connections) == 1


async def test_a_reply_whose_caller_has_left_goes_to_nobody() -> None:
    async with a_server_that_says(nothing) as server, open_redis(server.url) as client:
        first, second = ask(client, "first"), ask(client, "second")
        await until(lambda: len(server.commands) == 2)
        first.cancel()
        await asyncio.sleep(0)
        for words in server.commands:
            server.say(its_last_word(words))
        assert await second == b"second"
        server.reply = its_last_word
        assert await asked(client, "third") == b"third"
        assert len(server.connections) == 1


async def test_a_late_reply_is_an_error_for_all_that_wait_and_reaches_nobody_afterwards() -> None:
    async with (
        a_server_that_says(nothing) as server,
        open_subscriber(f"{server.url}?socket_timeout=0.2") as client,
    ):
        late, behind = ask(client, "late"), ask(client, "behind")
        errors = await asyncio.gather(late, behind, return_exceptions=True)
        assert [type(error) for error in errors] == [RedisTimeoutError, RedisConnectionError]
        server.reply = its_last_word
        assert await asked(client, "next") == b"next"
        assert len(server.connections) == 2


async def test_a_command_whose_reply_was_lost_is_sent_again_as_redis_py_would() -> None:
    async with a_server_that_says(nothing) as server, open_redis(server.url) as client:
        lost = ask(client, "lost")
        await until(lambda: len(server.commands) == 1)
        server.reply = its_last_word
        server.connections[-1].close()
        assert await lost == b"lost"
        assert [words[-1] for words in server.commands] == [b"lost", b"lost"]


@pytest.mark.parametrize("said", [b"+more\r\n", b"?what\r\n"], ids=["a reply too many", "no reply at all"])
async def test_a_server_that_is_out_of_step_is_left_before_anybody_gets_what_is_not_its_own(said: bytes) -> None:
    async with a_server_that_says(its_last_word) as server, open_redis(server.url) as client:
        assert await asked(client, "one") == b"one"
        server.say(said)
        await until(lambda: server.closed == 1)
        assert await asked(client, "two") == b"two"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (b"-OOM no room\r\n", OutOfMemoryError),
        (b"-NOSCRIPT unknown\r\n", NoScriptError),
        (b"-WRONGTYPE other\r\n", ResponseError),
    ],
)
async def test_an_error_reply_is_raised_as_its_class_and_the_connection_stays(
    said: bytes, kind: type[Exception]
) -> None:
    async with a_server_that_says(lambda _words: said) as server, open_redis(server.url) as client:
        with pytest.raises(kind):
            await asked(client, "one")
        server.reply = its_last_word
        assert await asked(client, "two") == b"two"
        assert len(server.connections) == 1


async def test_a_connection_to_a_demoted_master_takes_no_more_commands_and_those_on_their_way_are_answered() -> None:
    async with a_server_that_says(nothing) as server, open_subscriber(server.url) as client:
        refused, behind = ask(client, "refused"), ask(client, "behind")
        await until(lambda: len(server.commands) == 2)
        old = server.connections[-1]
        old.write(b"-READONLY demoted\r\n")
        with pytest.raises(ReadOnlyError):
            await refused
        server.reply = its_last_word
        assert await asked(client, "next") == b"next"
        assert len(server.connections) == 2
        assert not behind.done()
        old.write(OK)
        assert await behind == b"OK"
        await until(lambda: server.closed == 1)


async def test_no_more_than_so_many_bytes_are_without_a_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiplexed_connection, "MAX_IN_FLIGHT_BYTES", 1_000)
    async with a_server_that_says(nothing) as server, open_redis(server.url) as client:
        tasks = [ask(client, f"{number}" * 400) for number in range(6)]
        await until(lambda: len(server.commands) == 3)
        await asyncio.sleep(0.01)
        assert len(server.commands) == 3, "two are within the bound, and one that crosses it"
        server.reply = its_last_word
        for words in server.commands[:]:
            server.say(its_last_word(words))
        assert [len(await task) for task in tasks] == [400] * 6


async def test_who_no_longer_waits_for_work_takes_none_away_from_others() -> None:
    async with a_server_that_says(nothing) as server, open_redis(server.url) as client:
        waiting = asyncio.create_task(popped(client, "list"))
        await until(lambda: len(server.commands) == 1)
        waiting.cancel()
        await until(lambda: server.closed == 1)


async def test_a_command_that_blocks_holds_nobody_up() -> None:
    def but_for_blocking(words: list[bytes]) -> bytes | None:
        return None if words[0] == b"BRPOP" else its_last_word(words)

    async with a_server_that_says(but_for_blocking) as server, open_redis(server.url) as client:
        waiting = [asyncio.create_task(popped(client, name)) for name in ("one", "two")]
        await until(lambda: len(server.commands) == 2)
        assert await asked(client, "word") == b"word"
        for connection, name in zip(server.connections[:2], (b"one", b"two"), strict=True):
            connection.write(b"*2\r\n$3\r\n" + name + b"\r\n$2\r\nid\r\n")
        assert await asyncio.gather(*waiting) == [(b"one", b"id"), (b"two", b"id")]


async def test_a_pipeline_has_its_replies_in_order_with_errors_among_them() -> None:
    def but_for_two(words: list[bytes]) -> bytes:
        return b"-ERR two\r\n" if words[-1] == b"2" else its_last_word(words)

    async with a_server_that_says(but_for_two) as server, open_redis(server.url) as client:
        async with client.pipeline(transaction=False) as pipe:
            for number in (1, 2, 3):
                pipe.execute_command("EVALSHA", "hash", 1, "key", number)
            replies = await pipe.execute(raise_on_error=False)
        assert [replies[0], type(replies[1]), replies[2]] == [b"1", ResponseError, b"3"]
        async with client.pipeline(transaction=False) as pipe:
            assert await pipe.execute() == []


@pytest.mark.parametrize("close", [MultiplexedRedis.aclose, lambda client: client.connection_pool.aclose()])
async def test_nobody_waits_for_a_client_that_was_closed(close: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    async with a_server_that_says(nothing) as server, open_subscriber(server.url) as client:
        waiting = ask(client, "word")
        await until(lambda: len(server.commands) == 1)
        await close(client)
        with pytest.raises(RedisConnectionError):
            await waiting


async def test_a_subscription_hands_over_nothing_before_its_listener_is_ready_and_everything_then() -> None:
    message = b"*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%d\r\n%s\r\n"
    confirmed = b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
    async with (
        a_server_that_says(lambda _words: confirmed + message % (5, b"early")) as server,
        open_subscriber(server.url) as client,
    ):
        subscription = await client.subscribe("c")
        server.say(message % (4, b"soon"))
        heard: list[bytes] = []
        await asyncio.sleep(0.01)
        subscription.start(heard.append)
        await until(lambda: heard == [b"early", b"soon"])
        server.connections[-1].close()
        async with asyncio.timeout(5):
            assert isinstance(await subscription.ended, RedisConnectionError)


@pytest.mark.parametrize("said", [b"-NOPERM not you\r\n", None], ids=["refused", "silent"])
async def test_a_subscription_that_is_not_confirmed_is_an_error_and_leaves_no_connection(said: bytes | None) -> None:
    async with (
        a_server_that_says(lambda _words: said) as server,
        open_subscriber(f"{server.url}?socket_timeout=0.2") as client,
    ):
        with pytest.raises((ResponseError, RedisTimeoutError)):
            await client.subscribe("c")
        await until(lambda: server.closed == 1)


async def test_a_bug_of_a_listener_ends_its_subscription_with_that_error() -> None:
    confirmed = b"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n"

    def fail(_message: bytes) -> None:
        raise LookupError("a bug")

    async with a_server_that_says(lambda _words: confirmed) as server, open_subscriber(server.url) as client:
        subscription = await client.subscribe("c")
        subscription.start(fail)
        assert isinstance(await subscription.ended, LookupError)


@pytest.mark.parametrize(
    "command", [("EVAL", "script", 0), ("PUBLISH", "c", "m"), ("BRPOP", "list", 1), ("GET", "key")]
)
async def test_a_closed_client_opens_no_connection(command: tuple[Any, ...]) -> None:
    """A loop that closes would wait for that connection without end."""
    async with a_server_that_says(its_last_word) as server:
        async with open_redis(server.url) as client:
            await asked(client, "before")
        with pytest.raises(RedisConnectionError, match="closed"):
            await client.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py has no types here
        assert len(server.connections) == 1


@pytest.mark.parametrize("turns", range(8))
async def test_a_command_that_starts_while_its_client_is_closed_leaves_no_connection(turns: int) -> None:
    async with a_server_that_says(its_last_word) as server:
        async with open_redis(server.url) as client:
            under_way = [ask(client, "shared"), asyncio.create_task(popped(client, "list"))]
            for _ in range(turns):
                await asyncio.sleep(0)
        await asyncio.gather(*under_way, return_exceptions=True)
        assert not any(each.is_connected for each in client.connection_pool._in_use_connections)
        assert not cast("MultiplexedRedis", client)._free
