"""The series of this gateway. Served at an address of its own, never where clients ask for tokens.

Nothing that a tenant chooses is a label. Every series is known when the process starts, but for those of rule versions,
whose number is bounded (`rule_times`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.limits.applicable_quotas import Limit, QuotaBy
from rulemint_gateway.limits.failed_authentication import ThrottledBy
from rulemint_gateway.oauth.outcomes import REFUSALS
from rulemint_gateway.stores.writing.durability import Durability
from rulemint_gateway.web.connections.open_connections import CutShort
from rulemint_gateway.web.metrics.rule_times import RuleTimes
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.messages import BEYOND_LOCK, FailureReason
from rulemint_shared.redis.server_clock import ServerClock

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""From a token without rules to the longest deadline that a gateway can be given."""


_REQUESTS = ("rulemint_token_requests", "Token requests that were answered.", "outcome")
_DURATION = ("rulemint_token_request_duration_seconds", "From a token request's arrival to its answer.")
_STALE = ("rulemint_stale_tokens", "Tokens made of an earlier answer, because rules failed that allow it.")
_BEYOND_LOCKS = ("rulemint_beyond_locks", "Claims and scopes that were left out, because a version is locked.")
_THROTTLED = (
    "rulemint_throttled",
    "Requests refused because authentication failed too often from their address.",
    "by",
)
_OVER_QUOTA = (
    "rulemint_over_quota",
    "Token requests beyond a quota: refused, or let through where it is not enforced.",
)
_CUT_SHORT = (
    "rulemint_connections_cut_short",
    "Connections that ended before their request was answered as it wanted.",
    "reason",
)

L = TypeVar("L", bound=str)


def every_outcome() -> list[str]:
    """Every outcome that an exchange record can have, and that of a client that did not wait for one."""
    return [
        "granted",
        "denied",
        CutShort.CLIENT_GONE.value,
        *(f"failed:{reason}" for reason in FailureReason),
        *REFUSALS,
    ]


class Metrics:
    """The series of this process, in a registry of its own."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        dispatcher: Dispatcher,
        presence: RunnerPresence,
        durability: Durability,
        clock: ServerClock,
    ) -> None:
        self._registry = registry
        self._requests = _by_label(registry, *_REQUESTS, every_outcome())
        self._stale = Counter(*_STALE, registry=registry)
        self._beyond_locks = Counter(*_BEYOND_LOCKS, registry=registry)
        self._rule_times = RuleTimes()
        registry.register(self._rule_times)
        self._seconds = Histogram(*_DURATION, registry=registry, buckets=_SECONDS)
        self._throttled = _by_label(registry, *_THROTTLED, ThrottledBy)
        self._cut_short = _by_label(registry, *_CUT_SHORT, CutShort)
        over_quota = Counter(*_OVER_QUOTA, ["by", "enforced"], registry=registry)
        self._over_quota = {
            (by, enforced): over_quota.labels(by, "yes" if enforced else "no")
            for by in QuotaBy
            for enforced in (True, False)
        }
        _register_gauges(registry, dispatcher, presence, durability, clock)

    def answered(self, record: ExchangeRecord) -> None:
        """A token request has been answered."""
        self.refused(record.outcome, record.timings.total_ms)
        self._rule_times.observe(record)
        if record.stale_since_ms:
            self._stale.inc()
        for rule in record.rules:
            for dropped in rule.dropped:
                if dropped.why == BEYOND_LOCK:
                    self._beyond_locks.inc()

    def refused(self, outcome: str, total_ms: float) -> None:
        """As `answered`, of one that has no record."""
        self._requests[outcome].inc()
        self._seconds.observe(total_ms / 1000)

    def throttled(self, by: ThrottledBy) -> None:
        """A request was refused before its credentials were looked at."""
        self._throttled[by].inc()

    def over_quota(self, limit: Limit) -> None:
        """A token request was beyond *limit*."""
        self._over_quota[limit.by, limit.enforce].inc()

    def cut_short(self, reason: CutShort) -> None:
        """A connection has ended before its request was answered as it wanted."""
        self._cut_short[reason].inc()

    def client_gone(self) -> None:
        """A client has closed its connection in the middle of its token request."""
        self._requests[CutShort.CLIENT_GONE].inc()

    def routes(self) -> list[web.RouteDef]:
        """The only path of its address."""
        return [web.get("/metrics", self._scrape)]

    async def _scrape(self, _request: web.Request) -> web.Response:
        """All series in Prometheus' text format."""
        headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        return web.Response(body=generate_latest(self._registry), headers=headers)


def _by_label(
    registry: CollectorRegistry, name: str, meaning: str, label: str, values: Iterable[L]
) -> dict[L, Counter]:
    """A counter with one *label*: one series for each of *values*, so that all are there from the start."""
    counter = Counter(name, meaning, [label], registry=registry)
    return {value: counter.labels(value) for value in values}


def _register_gauges(
    registry: CollectorRegistry,
    dispatcher: Dispatcher,
    presence: RunnerPresence,
    durability: Durability,
    clock: ServerClock,
) -> None:
    """Gauges are read when Prometheus asks."""
    gauges: tuple[tuple[str, str, Callable[[], float]], ...] = (
        ("invocations_in_flight", "Invocations that this gateway waits for.", lambda: dispatcher.waiting),
        ("runners", "Runners alive, as of a second ago.", lambda: presence.alive),
        ("insecure_runners", "Those that DO NOT CONTAIN RULES: 0, or an alarm.", lambda: presence.insecure),
        ("durable", "1: the last change was confirmed on disk; 0: an alarm.", lambda: int(durability.is_confirmed)),
        (
            "clock_skew_seconds",
            "By how much this machine's clock is ahead of Valkey's; negative: behind.",
            lambda: clock.ahead_ms / 1000,
        ),
        (
            "wrong_clocks",
            "Gateways and runners whose clocks differ from Valkey's by more than 2 s: 0, or an alarm.",
            lambda: len(clock.wrong),
        ),
    )
    for name, meaning, read in gauges:
        Gauge(f"rulemint_{name}", meaning, registry=registry).set_function(read)
