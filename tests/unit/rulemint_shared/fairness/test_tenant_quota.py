from __future__ import annotations

import pytest

from rulemint_shared.fairness.tenant_quota import TenantQuota


def taken_in_turn(quota: TenantQuota, tenants: list[str]) -> dict[str, int]:
    """What each of *tenants* gets when all of them take whatever they may, in turn."""
    taken = dict.fromkeys(tenants, 0)
    while wanting := [tenant for tenant in tenants if not quota.is_used_up(tenant)]:
        for tenant in wanting:
            if not quota.is_used_up(tenant):
                quota.begin(tenant)
                taken[tenant] += 1
    return taken


@pytest.mark.parametrize(("greedy", "each"), [(1, 32), (2, 22), (3, 16), (7, 8)])
def test_greedy_tenants_leave_about_as_many_places_as_one_of_them_takes(greedy: int, each: int) -> None:
    taken = taken_in_turn(TenantQuota(64), [f"tenant {number}" for number in range(greedy)])
    assert all(each - 1 <= count <= each for count in taken.values())


def test_whoever_has_none_gets_one_however_busy_the_others_are() -> None:
    quota = TenantQuota(2)
    for _ in range(2):
        quota.begin("greedy")
    assert quota.is_used_up("greedy")
    assert not quota.is_used_up("late")


@pytest.mark.parametrize("places", [2, 7, 64])
@pytest.mark.parametrize("others", [0, 1, 2])
def test_the_part_of_a_tenant_is_what_it_can_take_until_it_is_used_up(places: int, others: int) -> None:
    quota = TenantQuota(places)
    for _ in range(others):
        quota.begin("other")
    part = quota.part_of("a")
    while not quota.is_used_up("a"):
        quota.begin("a")
        assert quota.part_of("a") == part
    assert quota.by_tenant() == {"a": part} | ({"other": others} if others else {})


def test_what_was_given_back_can_be_taken_again() -> None:
    quota = TenantQuota(2)
    quota.begin("a")
    assert quota.is_used_up("a")
    quota.end("a")
    assert not quota.is_used_up("a")
