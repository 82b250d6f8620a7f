from __future__ import annotations

import pytest

from rulemint_gateway.limits.failed_authentication import (
    FAILING_REMEMBERED,
    PROVEN_REMEMBERED,
    FailedAuthentication,
    Throttled,
    ThrottledBy,
    place_of,
)
from rulemint_gateway.limits.gcra import Buckets, Rate
from rulemint_gateway.limits.shared_buckets import SharedBuckets
from rulemint_shared.redis.client import RedisClient

T, HERE, ELSEWHERE = "default", "192.0.2.1", "198.51.100.1"
PER_CLIENT, PER_SOURCE = Rate(10, 6), Rate(100, 60)


class Guard:
    """With a clock of its own, and a Redis that is never asked."""

    def __init__(self, per_client: Rate = PER_CLIENT, per_source: Rate = PER_SOURCE) -> None:
        self.now = 0.0
        buckets = Buckets(clock=lambda: self.now)
        self.failed = FailedAuthentication(
            buckets,
            SharedBuckets(RedisClient(), buckets),
            per_client=per_client,
            per_source=per_source,
            clock=lambda: self.now,
        )

    def guess(self, client_id: str = "c", source: str = HERE, tenant: str = T) -> Throttled | None:
        """One wrong secret; what it was refused with before it was looked at."""
        throttled = self.failed.throttled_source(source) or self.failed.throttled_client(tenant, [client_id], source)
        if throttled is None:
            self.failed.client_failed(tenant, [client_id], source)
        return throttled

    def guess_often(self, times: int, client_id: str = "c", source: str = HERE) -> list[Throttled | None]:
        return [self.guess(client_id, source) for _ in range(times)]


@pytest.fixture
async def guard() -> Guard:
    return Guard()


async def test_a_client_s_wrong_secrets_from_one_address_are_looked_at_up_to_the_burst(guard: Guard) -> None:
    answers = guard.guess_often(12)
    assert answers[:10] == [None] * 10
    assert answers[10:] == [Throttled(ThrottledBy.CLIENT, 10)] * 2
    guard.now += 10
    assert guard.guess() is None
    assert guard.guess() == Throttled(ThrottledBy.CLIENT, 10)


async def test_the_client_keeps_working_from_another_address(guard: Guard) -> None:
    guard.guess_often(1_000)
    assert guard.failed.throttled_client(T, ["c"], ELSEWHERE) is None


async def test_other_clients_and_tenants_of_that_address_keep_working(guard: Guard) -> None:
    guard.guess_often(1_000)
    assert guard.failed.throttled_source(HERE) is None
    assert guard.failed.throttled_client(T, ["other"], HERE) is None
    assert guard.failed.throttled_client("other", ["c"], HERE) is None


async def test_an_address_has_so_many_tries_whatever_the_clients(guard: Guard) -> None:
    answers = [guard.guess(f"client {number}") for number in range(102)]
    assert answers[:100] == [None] * 100
    assert answers[100:] == [Throttled(ThrottledBy.SOURCE, 1)] * 2
    assert guard.guess("c", ELSEWHERE) is None


async def test_known_and_unknown_clients_look_the_same(guard: Guard) -> None:
    """Else the answers would tell which clients there are."""
    assert guard.guess_often(12, "known", HERE) == guard.guess_often(12, "unknown", ELSEWHERE)


async def test_who_proved_itself_here_before_is_let_through_while_the_address_has_no_more_tries(guard: Guard) -> None:
    guard.failed.client_proved(T, "honest", HERE)
    for number in range(101):
        guard.guess(f"client {number}")
    assert guard.guess("nobody") == Throttled(ThrottledBy.SOURCE, 1)
    assert guard.failed.throttled_source(HERE) is None, "it must be read who asks"
    assert guard.failed.throttled_client(T, ["honest"], HERE) is None
    assert guard.guess_often(11, "honest")[-1] == Throttled(ThrottledBy.CLIENT, 10), "with tries of its own"


async def test_one_client_written_in_two_ways_is_one(guard: Guard) -> None:
    """HTTP Basic has a raw and a decoded reading."""
    for number in range(10):
        guard.failed.client_failed(T, [f"a%62{number}", "ab"], HERE)
    assert guard.failed.throttled_client(T, ["ab"], HERE)
    assert guard.failed.throttled_client(T, ["%61b", "ab"], HERE)


async def test_very_long_ids_are_one_client(guard: Guard) -> None:
    assert [bool(guard.guess("x" * 200 + str(number))) for number in range(11)] == [False] * 10 + [True]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
async def test_an_ipv6_address_counts_as_its_network(guard: Guard, one: str, other: str, same: bool) -> None:
    guard.guess_often(10, source=one)
    assert bool(guard.guess(source=other)) is same


def test_what_is_no_address_is_a_place_of_its_own() -> None:
    assert (place_of(""), place_of("no:address")) == ("", "no:address")


@pytest.mark.parametrize(("per_client", "per_source"), [(Rate(0, 6), PER_SOURCE), (PER_CLIENT, Rate(0, 60))])
async def test_each_limit_can_be_turned_off(per_client: Rate, per_source: Rate) -> None:
    guard = Guard(per_client, per_source)
    of_one_client = {answer.by for answer in guard.guess_often(300) if answer}
    of_many = {answer.by for number in range(300) if (answer := guard.guess(f"client {number}", ELSEWHERE))}
    assert of_one_client == ({ThrottledBy.CLIENT} if per_client.burst else {ThrottledBy.SOURCE})
    assert of_many == ({ThrottledBy.SOURCE} if per_source.burst else set())


async def test_with_both_off_nobody_is_throttled() -> None:
    guard = Guard(Rate(0, 6), Rate(0, 60))
    assert guard.guess_often(1_000) == [None] * 1_000


async def test_bad_bearer_tokens_have_tries_of_their_own(guard: Guard) -> None:
    guard.failed.bearer_proved("good before")
    for _ in range(100):
        assert guard.failed.throttled_bearer(HERE, "bad") is None
        guard.failed.bearer_failed(HERE)
    assert guard.failed.throttled_bearer(HERE, "bad") == Throttled(ThrottledBy.BEARER, 1)
    assert guard.failed.throttled_bearer(HERE, "good before") is None
    assert guard.failed.throttled_bearer(ELSEWHERE, "bad") is None
    assert guard.guess() is None, "a token request is something else"


async def test_an_address_is_forgotten_when_its_failures_cannot_matter(guard: Guard) -> None:
    guard.guess()
    assert guard.failed.is_failing(HERE)
    guard.now += 1_000
    assert not guard.failed.is_failing(HERE)


async def test_memory_is_bounded_whoever_tries(guard: Guard) -> None:
    for number in range(FAILING_REMEMBERED + 10):
        guard.failed.client_failed(T, ["c"], f"address {number}")
    for number in range(PROVEN_REMEMBERED + 10):
        guard.failed.client_proved(T, f"c{number}", f"address {number}")
    assert len(guard.failed.failing) == FAILING_REMEMBERED
    assert len(guard.failed._proven) == sum(guard.failed._proven_at.values()) == PROVEN_REMEMBERED
    assert "address 0" not in guard.failed._proven_at
