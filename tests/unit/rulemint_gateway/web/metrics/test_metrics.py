"""The series are there from the start, and are the same ones whatever tenants do."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY, CollectorRegistry

from fixtures.log_records import a_writer
from rulemint_gateway.auth0.error_style import in_auth0_style
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.limits.applicable_quotas import Limit, QuotaBy
from rulemint_gateway.limits.failed_authentication import Throttled, ThrottledBy
from rulemint_gateway.oauth import errors
from rulemint_gateway.oauth.errors import OAuthError
from rulemint_gateway.oauth.exchange import Exchange
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts
from rulemint_gateway.stores.writing.durability import Durability
from rulemint_gateway.web.metrics.metrics import Metrics, every_outcome
from rulemint_shared.contract.messages import DenialCode, Denied, Failed, FailureReason, Granted, Outcome, outcome_name
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.server_clock import ServerClock

REFUSALS: list[OAuthError] = [
    errors.InvalidRequest("no"),
    errors.MissingGrantType("no"),
    errors.MissingAudience("no"),
    errors.RequestTooLarge("no"),
    errors.UnsupportedMediaType("no"),
    errors.InvalidClient("no"),
    errors.MissingClientId("no"),
    errors.UnsupportedGrantType("no", grant_type="tenant's own words"),
    errors.InvalidTarget("no", audience="tenant's own words"),
    errors.NoClientGrant("no", audience="tenant's own words"),
    errors.InvalidScope("no"),
    errors.ScopeNotGranted("no", scopes="tenant's own words"),
    errors.AccessDenied("no"),
    errors.PlainRefusal("tenant's own words"),
    errors.TooManyRequests("no", retry_after_s=1),
    errors.Throttled(Throttled(ThrottledBy.CLIENT, 1)),
    errors.ServerError("no"),
    errors.RuleFailed("no", reason=FailureReason.SYNTAX, detail=""),
    errors.TemporarilyUnavailable("no"),
]
OUTCOMES: list[Outcome] = [
    Granted(scope=["tenant's own words"]),
    *(Denied(code=code, message="tenant's own words") for code in DenialCode),
    *(Failed(reason=reason, detail="tenant's own words") for reason in FailureReason),
]


class Stack:
    """Metrics of a gateway that has no server behind it."""

    def __init__(self) -> None:
        redis = RedisClient()
        self.presence = RunnerPresence(redis)
        dispatcher = Dispatcher(
            redis,
            gateway="g",
            presence=self.presence,
            log_writer=a_writer(),
            minutes=MinuteCounts(redis),
            max_waiting=1,
            job_expires_ms=1,
        )
        self.registry = CollectorRegistry()
        self.durability = Durability(redis)
        self.clock = ServerClock(redis, "g")
        self.metrics = Metrics(
            self.registry,
            dispatcher=dispatcher,
            presence=self.presence,
            durability=self.durability,
            clock=self.clock,
        )

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"rulemint_{name}", labels)

    def series(self) -> set[tuple[str, str]]:
        return {(each.name, str(each.labels)) for family in self.registry.collect() for each in family.samples}


@pytest.fixture
async def stack() -> Stack:
    return Stack()


def refusal_id(refusal: OAuthError) -> str:
    return type(refusal).__name__


@pytest.mark.parametrize("refusal", [*REFUSALS, *map(in_auth0_style, REFUSALS)], ids=refusal_id)
async def test_every_refusal_in_either_style_has_a_series(stack: Stack, refusal: OAuthError) -> None:
    before = stack.series()
    exchange = Exchange(tenant="tenant's own words", ip="", user_agent="tenant's own words")
    record = exchange.record(status=refusal.status, error=refusal)
    stack.metrics.answered(record)
    assert stack.value("token_requests_total", outcome=record.outcome) == 1
    assert stack.value("token_request_duration_seconds_count") == 1
    assert stack.series() == before


@pytest.mark.parametrize("outcome", OUTCOMES, ids=outcome_name)
def test_every_outcome_of_rules_has_a_series(outcome: Outcome) -> None:
    assert outcome_name(outcome) in every_outcome()


async def test_what_is_known_of_runners_is_read_when_it_is_asked_for(stack: Stack) -> None:
    stack.presence.alive, stack.presence.insecure = 3, 1
    assert (stack.value("runners"), stack.value("insecure_runners"), stack.value("invocations_in_flight")) == (3, 1, 0)


async def test_wrong_clocks_are_told_when_they_are_asked_for(stack: Stack) -> None:
    stack.clock.ahead_ms, stack.clock.wrong = -2_500, {"elsewhere": 60_000, "here": -2_500}
    assert (stack.value("clock_skew_seconds"), stack.value("wrong_clocks")) == (-2.5, 2)


async def test_nothing_is_kept_where_other_libraries_keep_theirs(stack: Stack) -> None:
    assert stack.series()
    assert not [family.name for family in REGISTRY.collect() if family.name.startswith("rulemint")]


@pytest.mark.parametrize("by", ThrottledBy)
async def test_what_was_throttled_is_counted_by_what_there_was_too_much_of(stack: Stack, by: ThrottledBy) -> None:
    before = stack.series()
    stack.metrics.throttled(by)
    assert [stack.value("throttled_total", by=each) for each in ThrottledBy] == [
        float(each is by) for each in ThrottledBy
    ]
    assert stack.series() == before


@pytest.mark.parametrize("by", QuotaBy)
@pytest.mark.parametrize("enforced", [True, False])
async def test_what_was_beyond_a_quota_is_counted(stack: Stack, by: QuotaBy, enforced: bool) -> None:
    before = stack.series()
    stack.metrics.over_quota(Limit(by, "tenant's own words", "per_day", 1, enforced))
    assert stack.value("over_quota_total", by=by, enforced="yes" if enforced else "no") == 1
    assert stack.series() == before
