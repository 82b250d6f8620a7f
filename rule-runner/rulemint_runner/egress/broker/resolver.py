"""Names → addresses that may be connected to.

A name is resolved once for a connection, and the connection goes to the address that is checked here. A second answer,
which may be another one (DNS rebinding), is never asked for.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from rulemint_runner.egress.errors import Code, EgressDenied, EgressFailed
from rulemint_shared.public_addresses import AddressPolicy

LOOKUP_TIMEOUT_S = 5.0
MAX_LOOKUPS = 64
MAX_LOOKUPS_PER_TENANT = 8
"""A lookup holds a thread until the system gives up, even if nobody waits for it. So no tenant holds all threads."""
MAX_ADDRESSES = 32


class Lookups:
    """The system's resolver, behind the hosts file: shared by all tenants."""

    def __init__(self, hosts: Mapping[str, tuple[str, ...]]) -> None:
        self._hosts = hosts
        self._threads = ThreadPoolExecutor(MAX_LOOKUPS, thread_name_prefix="lookup")

    def known(self, name: str) -> list[str]:
        """The addresses of *name* in the hosts file."""
        return list(self._hosts.get(name, ()))

    def start(self, name: str) -> asyncio.Future[list[str]]:
        """Ask the system for the addresses of *name*, which goes on until it has answered."""
        return asyncio.get_running_loop().run_in_executor(self._threads, _ask_system, name)

    def close(self) -> None:
        """Take no more; lookups that are under way end with the process."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedResolver(AbstractResolver):
    """Resolves for one tenant's connections."""

    def __init__(self, lookups: Lookups, policy: AddressPolicy) -> None:
        self._lookups = lookups
        self._policy = policy
        self._free = asyncio.Semaphore(MAX_LOOKUPS_PER_TENANT)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of *host*, if every one of them may be connected to.

        Raises:
            EgressDenied: one of them may not.
            EgressFailed: it has none, or nobody said so in time.
        """
        del family  # both: a name is judged by all of its addresses
        addresses = self._lookups.known(host) or await self._look_up(host)
        if not all(self._policy.allows(address) for address in addresses):
            raise EgressDenied(f"{host} leads to an address that is not public", Code.FORBIDDEN_HOST)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses[:MAX_ADDRESSES]
        ]

    async def close(self) -> None:
        """Nothing is held."""

    async def _look_up(self, host: str) -> list[str]:
        try:
            async with asyncio.timeout(LOOKUP_TIMEOUT_S):
                await self._free.acquire()
                lookup = self._lookups.start(host)
                lookup.add_done_callback(self._looked_up)
                return await asyncio.shield(lookup)
        except TimeoutError:
            raise EgressFailed(f"{host} could not be resolved in {LOOKUP_TIMEOUT_S:g} s", Code.TIMED_OUT) from None
        except OSError as error:
            why = f"{host} could not be resolved: {error.strerror or error}"
            raise EgressFailed(why, Code.NOT_FOUND) from None

    def _looked_up(self, lookup: asyncio.Future[list[str]]) -> None:
        self._free.release()
        if not lookup.cancelled():
            lookup.exception()  # the caller may have gone, and then nobody else looks at it


def _ask_system(name: str) -> list[str]:
    # ASCII bytes: the name is normalised, nothing may translate it again
    answers = socket.getaddrinfo(name.encode("ascii"), None, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(address[0]) for *_, address in answers))
