"""Valkey in every state that it can be in besides well: restarted, busy, full, closed to us, and somebody else's."""

from __future__ import annotations

import asyncio
import resource
import signal
from typing import Any

import pytest
import redis
from redis.exceptions import RedisError

from fixtures.breakable import Breakable
from fixtures.faults import Fault, Happens, cases, gone_through, while_said
from fixtures.processes import until
from fixtures.valkey import answers
from fixtures.valkey_servers import a_server

pytestmark = pytest.mark.timeout(120)

BRIEFLY_S = 0.7
LOADING = ("--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024")
Command = tuple[object, ...]


def commanded(
    *commands: Command, undone_by: tuple[Command, ...] = (), for_s: float = BRIEFLY_S, said: str = ""
) -> Happens:
    """Tell the server something, and after a while the contrary; what we say to it goes through one connection."""

    async def happens(system: Breakable) -> None:
        with system.redis() as server:
            try:
                for command in commands:
                    await asyncio.to_thread(server.execute_command, *command)
                await while_said(system, said, for_s=for_s)
            finally:
                for command in undone_by:
                    server.execute_command(*command)

    return happens


def set_to(for_s: float = BRIEFLY_S, said: str = "", **settings: str) -> Happens:
    """With other settings for a while."""

    async def happens(system: Breakable) -> None:
        with system.redis() as server:
            names = [name.replace("_", "-") for name in settings]
            before = {name: server.config_get(name)[name] for name in names}
            try:
                for name, value in zip(names, settings.values(), strict=True):
                    server.config_set(name, value)
                await while_said(system, said, for_s=for_s)
            finally:
                for name, value in before.items():
                    server.config_set(name, value)

    return happens


def restarted(number: signal.Signals, *, down_s: float = 0.3) -> Happens:
    async def happens(system: Breakable) -> None:
        system.server.process.send_signal(number)
        await asyncio.to_thread(system.server.process.wait, 10)
        await asyncio.sleep(down_s)
        await asyncio.to_thread(system.server.start)
        await asyncio.to_thread(until, lambda: answers(system.server.url))

    return happens


async def a_script_runs_for_long(system: Breakable) -> None:
    with system.redis() as server:
        server.config_set("busy-reply-threshold", 100)
        endless = asyncio.to_thread(server.eval, "while true do end", 0)
        task = asyncio.create_task(endless)
        await asyncio.sleep(BRIEFLY_S)
        with redis.Redis.from_url(system.server.url) as other:
            other.script_kill()
        await asyncio.gather(task, return_exceptions=True)
        server.config_set("busy-reply-threshold", 5_000)


async def the_disk_is_full(system: Breakable) -> None:
    """The append-only file may not grow."""
    pid = system.server.process.pid
    _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        await while_said(system, "MISCONF|disk", for_s=1.5)
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


async def the_password_changes(system: Breakable) -> None:
    """Those who are connected stay so until somebody ends them."""
    with system.redis() as server:
        server.config_set("requirepass", "another")
        server.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        server.execute_command("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes")
        await while_said(system, "(?i)auth", for_s=BRIEFLY_S)
        server.config_set("requirepass", "")


async def it_may_have_one_client(system: Breakable) -> None:
    with system.redis() as server:
        server.config_set("maxclients", 1)
        server.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        await while_said(system, "max number of clients", for_s=BRIEFLY_S)
        server.config_set("maxclients", 10_000)


async def it_loads_for_long(system: Breakable) -> None:
    """It is started again, and reads what it has kept so slowly that it answers LOADING meanwhile."""
    with system.redis() as server:
        server.execute_command("BGREWRITEAOF")
        until(lambda: server.info("persistence")["aof_rewrite_in_progress"] == 0)
    system.server.kill()
    await asyncio.to_thread(system.server.start, *LOADING)
    await asyncio.to_thread(until, lambda: says_loading(system) or answers(system.server.url))
    await asyncio.to_thread(until, lambda: answers(system.server.url))


def says_loading(system: Breakable) -> bool:
    try:
        with system.redis() as server:
            server.ping()
    except redis.BusyLoadingError:
        return True
    except (RedisError, OSError):
        return False
    return False


async def another_one_answers(system: Breakable) -> None:
    """An empty one, at the same address; then ours again."""
    with a_server(system.folder / f"another {id(object())}") as another:
        for wire in system.wires:
            wire.lead_to(another.port)
            system.workshop.run(wire.reset())
        await asyncio.sleep(BRIEFLY_S)
        with redis.Redis.from_url(another.url) as server:
            assert not [name for name in server.keys("*") if name.endswith((b":tenants", b":clients"))]
    for wire in system.wires:
        wire.lead_to(system.server.port)
        system.workshop.run(wire.reset())


STATES = [
    Fault("valkey is killed and started again", restarted(signal.SIGKILL)),
    Fault("valkey is told to end and started again", restarted(signal.SIGTERM), is_slow=True),
    Fault("valkey loads what it has kept for a while", it_loads_for_long, is_slow=True),
    Fault("valkey is down for 5 s", restarted(signal.SIGKILL, down_s=5), is_slow=True),
    Fault(
        "every client is disconnected", commanded(("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")), is_slow=True
    ),
    Fault("every subscriber is disconnected", commanded(("CLIENT", "KILL", "TYPE", "pubsub")), said="subscription"),
    Fault("every command waits for 0.7 s", commanded(("CLIENT", "PAUSE", "700", "ALL"))),
    Fault("every write waits for 0.7 s", commanded(("CLIENT", "PAUSE", "700", "WRITE")), is_slow=True),
    Fault("valkey sleeps for a second", commanded(("DEBUG", "SLEEP", "1"), for_s=0), is_slow=True),
    Fault("somebody's script runs without an end", a_script_runs_for_long),
    Fault("the server forgets every script", commanded(("SCRIPT", "FLUSH"))),
    Fault("the server has no memory left", set_to(said="used memory", maxmemory="1")),
    Fault("the server's disk is full", the_disk_is_full, is_slow=True),
    Fault("the server wants more replicas than it has", set_to(said="NOREPLICAS", min_replicas_to_write="1")),
    Fault(
        "the server follows a master that is gone",
        commanded(("REPLICAOF", "127.0.0.1", "1"), undone_by=(("REPLICAOF", "NO", "ONE"),)),
    ),
    Fault(
        "the server follows a master that is gone, and shows nothing",
        commanded(
            ("CONFIG", "SET", "replica-serve-stale-data", "no"),
            ("REPLICAOF", "127.0.0.1", "1"),
            undone_by=(("REPLICAOF", "NO", "ONE"), ("CONFIG", "SET", "replica-serve-stale-data", "yes")),
            said="MASTERDOWN",
        ),
        is_slow=True,
    ),
    Fault("the password is another for a while", the_password_changes),
    Fault("the server takes no further clients", it_may_have_one_client),
    Fault(
        "nobody may publish",
        commanded(
            ("ACL", "SETUSER", "default", "-publish"),
            undone_by=(("ACL", "SETUSER", "default", "+publish"),),
            said="NOPERM|permission",
        ),
    ),
    Fault(
        "nobody may run scripts",
        commanded(
            ("ACL", "SETUSER", "default", "-eval"),
            undone_by=(("ACL", "SETUSER", "default", "+eval"),),
            said="NOPERM|permission",
        ),
    ),
    Fault("the server hangs up on who is idle for a second", set_to(for_s=1.5, timeout="1"), is_slow=True),
    Fault("the server stops keeping anything on disk", set_to(said="disk", appendonly="no")),
    Fault("another, empty server answers for a while", another_one_answers),
]


@pytest.mark.parametrize("fault", cases(STATES))
async def test_requests_get_a_token_or_503_in_time_and_then_tokens_again(
    fault: Fault, system: Breakable, record_property: Any
) -> None:
    await gone_through(fault, system, record_property)
