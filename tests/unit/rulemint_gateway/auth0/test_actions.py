from __future__ import annotations

from typing import Any

import pytest

from rulemint_gateway.auth0.actions.bindings import in_this_order
from rulemint_gateway.auth0.actions.bodies import Secret, secret_values
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.contract.records import Rule


def a_rule(name: str, order: int) -> Rule:
    return Rule(id=name, name=name, order=order)


RULES = [a_rule("hook", 1), a_rule("a", 2), a_rule("b", 3), a_rule("python", 9)]


def orders(*names: str) -> list[tuple[str, int]]:
    by_name = {rule.name: rule for rule in RULES}
    return [(rule.name, rule.order) for rule in in_this_order([by_name[name] for name in names], RULES)]


def test_actions_that_are_in_order_stay_where_they_are() -> None:
    assert orders("a", "b") == [("a", 2), ("b", 3)]
    assert orders("b") == [("b", 3)]
    assert orders() == []


def test_actions_that_are_not_come_after_all_other_rules() -> None:
    assert orders("b", "a") == [("b", 10), ("a", 11)]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        pytest.param([], {}, id="none are left"),
        pytest.param([{"name": "A", "value": "new"}], {"A": "new"}, id="a new value"),
        pytest.param([{"name": "A"}], {"A": "old"}, id="without a value"),
        pytest.param([{"name": "A", "value": "_VALUE_NOT_SHOWN_"}], {"A": "old"}, id="what was shown instead of it"),
        pytest.param([{"name": "A", "value": ""}], {"A": ""}, id="an empty value"),
    ],
)
def test_the_list_of_secrets_replaces_the_one_before(given: list[dict[str, Any]], values: dict[str, str]) -> None:
    assert secret_values([Secret(**each) for each in given], {"A": "old", "B": "other"}) == values


@pytest.mark.parametrize("given", [[Secret(name="C")], [Secret(name="A", value="1"), Secret(name="A", value="1")]])
def test_a_secret_without_a_value_or_named_twice_is_refused(given: list[Secret]) -> None:
    with pytest.raises(InvalidBodyError) as caught:
        secret_values(given, {"A": "old"})
    assert caught.value.field == "secrets"
    assert "old" not in caught.value.message
