from __future__ import annotations

from typing import Any

import pytest

from rulemint_gateway.stores.tables import RULES
from rulemint_gateway.stores.tenant_config import TenantConfig
from rulemint_shared.records import Rule, Tenant


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
