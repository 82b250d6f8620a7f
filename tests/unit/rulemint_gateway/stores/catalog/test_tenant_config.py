from __future__ import annotations

from typing import Any

import pytest

from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, RULES, SIGNING_KEYS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.contract.records import ClientGrant, Rule, SigningAlgorithm, SigningKey, Tenant


def a_config(*rules: Rule) -> TenantConfig:
    config = TenantConfig(Tenant(name="default", issuer="https://iss/"))
    for rule in rules:
        config.put(RULES, rule)
    return config


def a_rule(name: str = "rule", **fields: Any) -> Rule:
    return Rule(id=f"rul_{name}", name=name, **fields)


def names(config: TenantConfig, client_id: str, audience: str) -> list[str]:
    return [rule.name for rule in config.flow(client_id, audience)]


def test_a_flow_has_the_enabled_rules_in_their_order() -> None:
    config = a_config(a_rule("second", order=2), a_rule("off", enabled=False), a_rule("first", order=1))
    assert names(config, "c", "https://api/") == ["first", "second"]


@pytest.mark.parametrize(
    ("limits", "runs"),
    [
        pytest.param({}, True, id="no limits"),
        pytest.param({"clients": ("b", "c")}, True, id="the client is named"),
        pytest.param({"clients": ("C",)}, False, id="another client is named"),
        pytest.param({"audiences": ("https://api/",)}, True, id="the API is named"),
        pytest.param({"audiences": ("https://api",)}, False, id="another API is named"),
        pytest.param({"clients": ("c",), "audiences": ("https://api/",)}, True, id="both are named"),
        pytest.param({"clients": ("c",), "audiences": ("https://other/",)}, False, id="only the client is named"),
        pytest.param({"clients": ("b",), "audiences": ("https://api/",)}, False, id="only the API is named"),
    ],
)
def test_a_rule_runs_for_the_clients_and_apis_that_it_names(limits: dict[str, Any], *, runs: bool) -> None:
    config = a_config(a_rule("always"), a_rule("limited", **limits))
    assert names(config, "c", "https://api/") == (["always", "limited"] if runs else ["always"])


def test_a_changed_limit_holds_for_the_next_request() -> None:
    config = a_config(a_rule(clients=("b",)))
    assert names(config, "c", "a") == []
    config.put(RULES, a_rule(clients=("b", "c")))
    assert names(config, "c", "a") == ["rule"]


def a_grant(name: str, *, client_id: str = "c", audience: str = "a") -> ClientGrant:
    return ClientGrant(id=name, client_id=client_id, audience=audience)


def test_a_grant_is_found_by_its_client_and_api() -> None:
    config = a_config()
    stored = [a_grant("1"), a_grant("2", audience="b"), a_grant("3", client_id="d")]
    config.put_all(CLIENT_GRANTS, [(grant, CLIENT_GRANTS.codec.encode(grant)) for grant in stored])
    assert config.grant("c", "a") == a_grant("1")
    assert config.grant("c", "b") == stored[1]
    assert config.grant("d", "a") == stored[2]
    assert config.grant("d", "b") is None
    assert config.grant("e", "a") is None
    assert config.grants_of("c") == stored[:2]
    assert config.grants_of("e") == []


def test_a_grant_that_changes_or_goes_is_found_as_it_is_now() -> None:
    config = a_config()
    for grant in (a_grant("1"), a_grant("2", audience="b"), a_grant("1", audience="moved")):
        config.put(CLIENT_GRANTS, grant)
    assert config.grant("c", "a") is None
    assert config.grant("c", "moved") == a_grant("1", audience="moved")
    config.remove(CLIENT_GRANTS, "2")
    assert config.grants_of("c") == [a_grant("1", audience="moved")]
    config.remove(CLIENT_GRANTS, "1")
    assert config.grants_of("c") == []


def test_of_two_grants_of_one_client_for_one_api_the_last_counts_and_both_are_known() -> None:
    config = a_config()
    for name in ("1", "2"):
        config.put(CLIENT_GRANTS, a_grant(name))
    assert config.grant("c", "a") == a_grant("2")
    assert config.grants_of("c") == [a_grant("1"), a_grant("2")]
    config.remove(CLIENT_GRANTS, "2")
    assert config.grant("c", "a") == a_grant("1")


def a_key(kid: str, **fields: Any) -> SigningKey:
    return SigningKey(
        kid=kid, algorithm=SigningAlgorithm.ES256, private_pem=b"", public_jwk={}, **({"created_at_ms": 1} | fields)
    )


def test_the_key_that_signs_follows_each_change() -> None:
    config = a_config()

    def signs_with() -> str | None:
        key = config.signing_key(SigningAlgorithm.ES256)
        return None if key is None else key.kid

    assert signs_with() is None
    config.put(SIGNING_KEYS, a_key("first"))
    assert signs_with() == "first"
    config.put(SIGNING_KEYS, a_key("second", is_next=True))
    assert signs_with() == "first"
    config.put(SIGNING_KEYS, a_key("first", current_until_ms=5))
    assert signs_with() is None
    config.put(SIGNING_KEYS, a_key("second", current_since_ms=5))
    assert signs_with() == "second"
    config.remove(SIGNING_KEYS, "second")
    assert signs_with() is None
    assert config.signing_key(SigningAlgorithm.RS256) is None
