from __future__ import annotations

from typing import Any

import pytest

from rulemint_gateway.auth0.error_style import in_auth0_style
from rulemint_gateway.limits.applicable_quotas import Limit, QuotaBy, limits_of
from rulemint_gateway.limits.quota_counts import Taken
from rulemint_gateway.oauth.errors import QuotaExceeded
from rulemint_gateway.oauth.token_quotas import quota_headers
from rulemint_shared.contract.records import Client, Tenant

HERE = "2001:db8::1"
AT_S = 1_000_000 * 86_400 + 3_600.0
"""An hour after midnight."""


def quota(**numbers: Any) -> dict[str, Any]:
    return {"client_credentials": numbers}


def limits(tenant: dict[str, Any] | None = None, client: dict[str, Any] | None = None) -> list[Limit]:
    return limits_of(
        Tenant(name="t", issuer="https://iss/", kept=tenant or {}),
        Client(client_id="c", name="c", kept=client or {}),
        HERE,
    )


def test_without_a_quota_there_is_nothing_to_ask_for() -> None:
    assert limits({"friendly_name": "t"}, {"app_type": "spa"}) == []


def test_a_quota_has_a_limit_for_each_of_its_numbers_and_is_enforced_unless_it_says_otherwise() -> None:
    assert limits(client={"token_quota": quota(per_hour=2, per_day=10)}) == [
        Limit(QuotaBy.CLIENT, "c", "per_hour", 2, True),
        Limit(QuotaBy.CLIENT, "c", "per_day", 10, True),
    ]
    assert limits(client={"token_quota": quota(per_day=10, enforce=False)}) == [
        Limit(QuotaBy.CLIENT, "c", "per_day", 10, False)
    ]


def test_a_client_s_own_quota_goes_before_the_default() -> None:
    default = {"default_token_quota": {"clients": quota(per_day=5), "organizations": quota(per_day=1)}}
    assert limits(default) == [Limit(QuotaBy.CLIENT, "c", "per_day", 5, True)]
    assert limits(default, {"token_quota": quota(per_day=7)}) == [Limit(QuotaBy.CLIENT, "c", "per_day", 7, True)]
    assert limits({"default_token_quota": {"organizations": quota(per_day=1)}}) == []


def test_the_tenant_and_the_address_have_quotas_too() -> None:
    kept = {"tenant_token_quota": quota(per_day=100), "source_token_quota": quota(per_hour=10, enforce=False)}
    assert limits(kept) == [
        Limit(QuotaBy.TENANT, "", "per_day", 100, True),
        Limit(QuotaBy.SOURCE, "2001:db8::/64", "per_hour", 10, False),
    ]


@pytest.mark.parametrize(
    "value", [{}, [], "text", {"client_credentials": 1}, quota(per_day="many"), {"x": quota()}, None]
)
def test_what_was_kept_before_quotas_had_an_effect_and_is_none_limits_nothing(value: Any) -> None:
    kept = {"default_token_quota": value, "tenant_token_quota": value, "source_token_quota": value}
    assert limits(kept, {"token_quota": value}) == []
    assert limits({"default_token_quota": {"clients": value}}) == []


def taken(*pairs: tuple[Limit, int], refused: bool = False) -> Taken:
    found, counts = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return Taken(found, ["" for _ in found], counts, [0 for _ in found], refused, AT_S + 60)


HOUR = Limit(QuotaBy.CLIENT, "c", "per_hour", 10, True)
DAY = Limit(QuotaBy.CLIENT, "c", "per_day", 50, True)
TENANT = Limit(QuotaBy.TENANT, "", "per_day", 100, False)


def test_the_headers_tell_of_the_quota_that_leaves_least() -> None:
    assert quota_headers(taken((HOUR, 3), (DAY, 48), (TENANT, 60))) == {
        "RateLimit-Limit": "50",
        "RateLimit-Remaining": "2",
        "RateLimit-Reset": str(23 * 3_600 - 60),
        "Auth0-Client-Quota-Limit": f"b=per_hour;q=10;r=7;t=3540,b=per_day;q=50;r=2;t={23 * 3_600 - 60}",
    }


def test_auth0_s_header_tells_of_clients_only() -> None:
    assert "Auth0-Client-Quota-Limit" not in quota_headers(taken((TENANT, 60)))


def test_beyond_a_quota_nothing_is_left_and_no_less() -> None:
    assert quota_headers(taken((TENANT, 103)))["RateLimit-Remaining"] == "0"


@pytest.mark.parametrize("at_s", [0.0, 3_599.999, 3_600.0, 86_399.5])
def test_a_window_ends_with_the_hour_or_the_day(at_s: float) -> None:
    for limit, window_s in ((HOUR, 3_600), (DAY, 86_400)):
        began_s = limit.began_s(at_s)
        assert began_s <= at_s < began_s + window_s
        assert began_s % window_s == 0
        assert limit.resets_in_s(at_s) == began_s + window_s - int(at_s)


@pytest.mark.parametrize(
    ("limit", "words", "auth0"),
    [
        (HOUR, "this client has had its 10 tokens of this hour", "Client quota exceeded"),
        (TENANT, "this tenant has had its 100 tokens of this day", "Tenant quota exceeded"),
        (
            Limit(QuotaBy.SOURCE, HERE, "per_day", 1, True),
            "this address has had its 1 tokens",
            "Address quota exceeded",
        ),
    ],
)
def test_the_refusal_says_of_what_there_is_no_more_in_either_style(limit: Limit, words: str, auth0: str) -> None:
    error = QuotaExceeded(limit, retry_after_s=60, headers={"RateLimit-Limit": "10"})
    styled = in_auth0_style(error)
    assert error.description.startswith(words)
    assert styled.description == auth0
    for each in (error, styled):
        assert (each.status, each.error, each.retry_after_s) == (429, "too_many_requests", 60)
        assert each.headers == {"RateLimit-Limit": "10"}
