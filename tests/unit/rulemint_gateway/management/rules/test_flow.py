from __future__ import annotations

from collections.abc import Sequence

import pytest

from rulemint_gateway.management.rules.flow import moved
from rulemint_shared.contract.records import Rule


def rules(*orders: int) -> list[Rule]:
    return [Rule(id=f"rul_{place}", name=f"r{place}", order=order) for place, order in enumerate(orders)]


@pytest.mark.parametrize(
    ("numbers", "wanted", "changed"),
    [
        pytest.param((10, 20, 30, 40), (0, 2, 1, 3), {"rul_2": 20, "rul_1": 30}, id="two that change places"),
        pytest.param((10, 20, 30), (2, 0, 1), {"rul_2": 10, "rul_0": 20, "rul_1": 30}, id="the last becomes the first"),
        pytest.param((10, 20, 30), (0, 1, 2), {}, id="nothing moves"),
        pytest.param((0, 0, 7), (1, 0, 2), {"rul_1": 1, "rul_0": 2, "rul_2": 3}, id="equal numbers are given anew"),
        pytest.param((), (), {}, id="no rule at all"),
    ],
)
def test_only_rules_that_need_another_number_get_one(
    numbers: Sequence[int], wanted: Sequence[int], changed: dict[str, int]
) -> None:
    present = rules(*numbers)
    assert {rule.id: rule.order for rule in moved([present[place] for place in wanted])} == changed
