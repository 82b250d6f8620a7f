"""More stored clients of one tenant; the requests are those of one of them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs

import msgspec

from bench.growth.made import make_tenants, subject_of
from bench.growth.parts import Part, part_of_rows
from bench.load import LoadGenerator
from bench.rounds import medians, take_turns
from bench.subjects.subject import Subject
from bench.system import family, started_system
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS
from rulemint_shared import ids
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

CONNECTIONS = 32
TENANT = "bench"
WRITTEN_AT_ONCE = 1_000


def measure(
    load: LoadGenerator, *, counts: Sequence[int], rounds: int, seconds: int, say: Callable[[str], None]
) -> Part:
    """A row for each number of clients, each in a system of its own; one at a time is asked."""
    with ExitStack() as stack:
        subjects = []
        for count in counts:
            say(f"clients: a system with {count}")
            subjects.append(stack.enter_context(_started(count)))
        turns = take_turns(subjects, load, connections=[CONNECTIONS], rounds=rounds, seconds=seconds, say=say)
    title = f"Clients in the store, each with a grant; a JavaScript rule, {CONNECTIONS} connections"
    return part_of_rows("clients", title, medians(turns))


@contextmanager
def _started(count: int) -> Iterator[Subject]:
    """Copies of one client go straight into the store, and the system is started again: it reads them as any other."""
    with tempfile.TemporaryDirectory(prefix="rulemint-bench-") as folder:
        data_dir = Path(folder) / "data"
        with started_system({}, data_dir=data_dir) as system:
            [request] = asyncio.run(make_tenants(system, [TENANT]))
            client_id = parse_qs(request.body)["client_id"][0]
            socket = next(filter(None, map(_socket_of, family(system.process.pid))))
            asyncio.run(_copy(f"unix://{socket}", data_dir / "valkey.password", client_id, count - 1))
        with started_system({}, data_dir=data_dir) as system:
            asked = msgspec.structs.replace(request, url=f"{system.url}/oauth/token")
            subject = subject_of(system, asked, f"{count:,} clients")
            subject.check()
            yield subject


def _socket_of(pid: int) -> str:
    """Valkey says in its command line where it listens."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").split()
    return next((word.removeprefix("unixsocket:") for word in words if word.startswith("unixsocket:")), "")


async def _copy(url: str, password_file: Path, client_id: str, copies: int) -> None:
    async with open_redis(url, password_file) as redis:
        client = CLIENTS.codec.decode(await cast("Awaitable[bytes]", redis.hget(CLIENTS.key(TENANT), client_id)))
        grants = map(CLIENT_GRANTS.codec.decode, await _fields(redis, CLIENT_GRANTS.key(TENANT)))
        grant = next(each for each in grants if each.client_id == client_id)
        for first in range(0, copies, WRITTEN_AT_ONCE):
            async with redis.pipeline(transaction=False) as pipe:
                for _ in range(min(WRITTEN_AT_ONCE, copies - first)):
                    copy = msgspec.structs.replace(client, client_id=ids.new_client_id())
                    its_grant = msgspec.structs.replace(grant, id=ids.new_client_grant_id(), client_id=copy.client_id)
                    pipe.hset(CLIENTS.key(TENANT), mapping={copy.client_id: CLIENTS.codec.encode(copy)})
                    pipe.hset(CLIENT_GRANTS.key(TENANT), mapping={its_grant.id: CLIENT_GRANTS.codec.encode(its_grant)})
                await pipe.execute()


async def _fields(redis: RedisClient, key: str) -> list[bytes]:
    return await cast("Awaitable[list[bytes]]", redis.hvals(key))
