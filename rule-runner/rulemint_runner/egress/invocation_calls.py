"""The outbound calls of one rule in one invocation: how many, until when, and what is noted of each."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from rulemint_runner.egress.client import EgressBroker
from rulemint_runner.egress.errors import EgressDenied, EgressError, Kind
from rulemint_runner.egress.messages import Fetched, OutboundRequest
from rulemint_runner.egress.urls import parse_url
from rulemint_shared.deadline import Deadline

MAX_CALLS = 50
MAX_PARALLEL = 8
_METHOD = re.compile(r"[A-Za-z]{1,20}")
_MAX_ERROR_CHARACTERS = 300
_SHOWN = 3
"""Hosts that a timeout names."""


class CallReport(msgspec.Struct, frozen=True, kw_only=True):
    """The note about one call that ended: no path, no query, no header, no body."""

    method: str
    host: str
    """As the rule asked for it; empty if its URL has none."""
    port: int
    status: int | None = None
    error: str | None = None
    """``denied: …``, ``failed: …``, ``timed_out: …`` or ``too_large: …``."""
    duration_ms: float
    bytes_sent: int
    """Of the request's body, once the call was the broker's."""
    bytes_received: int
    """Of the response's body, decoded."""


@dataclass(frozen=True)
class CallRights:
    """The owner of calls, and the hosts that they may reach."""

    tenant: str
    allow_hosts: tuple[str, ...]
    rule: str = ""
    """A name that tells rules, their versions and their secrets apart; see `Authority.name`."""


class InvocationCalls:
    """The calls of one rule in one invocation. Close it as soon as the rule has answered."""

    def __init__(
        self, broker: EgressBroker, rights: CallRights, deadline: Deadline, report: Callable[[CallReport], None]
    ) -> None:
        """*report* hears of every call as it ends; of those beyond the fiftieth, of the first only."""
        self._broker = broker
        self._rights = rights
        self._deadline = deadline
        self._report = report
        self._slots = asyncio.Semaphore(MAX_PARALLEL)
        self._count = 0
        self._is_over = False
        self._under_way: dict[asyncio.Timeout, tuple[OutboundRequest, Deadline]] = {}
        """The requests that are under way, each with its start."""
        self._denied = ""
        """The last refusal, with its reason."""
        self._none_under_way = asyncio.Event()
        self._none_under_way.set()

    async def fetch(self, request: OutboundRequest, *, within_s: float | None = None) -> Fetched:
        """The response to *request*, for which the rule waits for *within_s* at most.

        Raises:
            EgressError: there is none; its kind and text are for the rule's author.
        """
        if self._is_over:
            raise _over()
        self._count += 1
        if self._count > MAX_CALLS + 1:
            raise _too_many()
        began = Deadline.after(0)
        try:
            if self._count > MAX_CALLS:
                raise _too_many()
            fetched = await self._fetch(request, within_s)
        except EgressError as error:
            if error.kind in {Kind.DENIED, Kind.TOO_LARGE}:
                self._denied = f"{_shown(request)} ({error.code}: {error.why})"
            self._note(request, began, error=str(error)[:_MAX_ERROR_CHARACTERS])
            raise
        except asyncio.CancelledError:
            self._note(request, began, error="failed: cancelled")
            raise
        self._note(request, began, fetched=fetched)
        return fetched

    def hint(self) -> str:
        """Say what the rule waits for, or was refused, for its author if it does not answer in time.

        Empty if neither.
        """
        waits = [
            f"{_shown(request)} ({-since.remaining_s():.1f} s so far)" for request, since in self._under_way.values()
        ]
        if waits:
            return f"it waited for {', '.join(waits[:_SHOWN])}{', …' if len(waits) > _SHOWN else ''}"
        return f"it was refused {self._denied}" if self._denied else ""

    async def close(self) -> None:
        """End what is under way, and wait for it; every call from now on is refused."""
        self._is_over = True
        now = asyncio.get_running_loop().time()
        for scope in self._under_way:
            scope.reschedule(now)
        await self._none_under_way.wait()

    async def _fetch(self, request: OutboundRequest, within_s: float | None) -> Fetched:
        deadline = self._deadline if within_s is None else self._deadline.earlier(within_s)
        try:
            async with asyncio.timeout(None) as scope:
                self._under_way[scope] = request, Deadline.after(0)
                self._none_under_way.clear()
                try:
                    async with self._slots:
                        return await self._broker.fetch(
                            tenant=self._rights.tenant,
                            rule=self._rights.rule,
                            allow_hosts=self._rights.allow_hosts,
                            request=request,
                            deadline=deadline,
                        )
                finally:
                    del self._under_way[scope]
                    if not self._under_way:
                        self._none_under_way.set()
        except TimeoutError:
            raise _over() from None

    def _note(
        self, request: OutboundRequest, began: Deadline, *, fetched: Fetched | None = None, error: str | None = None
    ) -> None:
        try:
            url = parse_url(request.url)
            host, port = url.host, url.port
        except EgressDenied:
            host, port = "", 0
        self._report(
            CallReport(
                method=request.method.upper() if _METHOD.fullmatch(request.method) else "?",
                host=host,
                port=port,
                status=fetched.status if fetched is not None else None,
                error=error,
                duration_ms=round(-began.remaining_s() * 1000, 3),
                bytes_sent=len(request.body),
                bytes_received=len(fetched.body) if fetched is not None else 0,
            )
        )


def _shown(request: OutboundRequest) -> str:
    """Method and host, as in the log: no path, which may hold a secret."""
    try:
        host = parse_url(request.url).host
    except EgressDenied:
        host = "a URL that is none"
    return f"{request.method.upper()[:20]} {host}"


def _over() -> EgressDenied:
    return EgressDenied("the invocation is over")


def _too_many() -> EgressDenied:
    return EgressDenied(f"one invocation may make {MAX_CALLS} calls")
