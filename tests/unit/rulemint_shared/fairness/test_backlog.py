from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rulemint_shared.fairness.backlog import FairBacklog, Taken


def a_backlog(*, max_items: int = 100, max_bytes: int = 10_000) -> FairBacklog[int]:
    return FairBacklog(max_items=max_items, max_bytes=max_bytes)


def everything(backlog: FairBacklog[int]) -> dict[str, tuple[list[int], int]]:
    """Tenant → its items in their order, and how many it lost."""
    found: dict[str, tuple[list[int], int]] = {}
    while backlog:
        for tenant, items, lost in backlog.take(max_items=7, max_bytes=1_000):
            before, lost_before = found.get(tenant, ([], 0))
            found[tenant] = (before + items, lost_before + lost)
    return found


def test_a_tenant_alone_may_fill_it() -> None:
    backlog = a_backlog()
    for number in range(100):
        backlog.add("loud", number, 1)
    assert everything(backlog) == {"loud": (list(range(100)), 0)}


def test_a_flood_costs_the_tenant_that_floods_and_nobody_else() -> None:
    backlog = a_backlog()
    for number in range(41):
        backlog.add("quiet", number, 10)
        for flood in range(number * 100, number * 100 + 100):
            backlog.add("loud", flood, 10)
    found = everything(backlog)
    assert found["quiet"] == (list(range(41)), 0)
    kept, lost = found["loud"]
    assert lost + len(kept) == 4_100
    assert kept == list(range(4_100))[-len(kept) :]
    assert backlog.lost == lost


def test_who_has_most_bytes_makes_room_for_bytes() -> None:
    backlog = a_backlog(max_bytes=1_000)
    backlog.add("large", 0, 900)
    for number in range(50):
        backlog.add("small", number, 10)
    assert everything(backlog) == {"small": (list(range(50)), 0)}
    backlog.add("large", 1, 1)
    assert backlog.take(max_items=1, max_bytes=1) == [Taken("large", [1], 1)], "it is told of what it has lost"


def test_an_item_that_there_is_no_room_for_is_lost_alone() -> None:
    backlog = a_backlog(max_bytes=1_000)
    backlog.add("one", 1, 10)
    backlog.add("two", 2, 2_000)
    assert list(backlog.of("one")) == [1]
    assert list(backlog.of("two")) == []
    assert (len(backlog), backlog.size, backlog.lost) == (1, 10, 1)


def test_tenants_are_taken_in_turns() -> None:
    backlog = a_backlog()
    for tenant in ("a", "b", "c"):
        for number in range(20):
            backlog.add(tenant, number, 10)
    first = backlog.take(max_items=6, max_bytes=40)
    second = backlog.take(max_items=6, max_bytes=40)
    assert [each.tenant for each in first] == ["a", "b"]
    assert [each.tenant for each in second] == ["c", "a"]
    assert [each.items for each in (*first, *second)] == [[0, 1], [0, 1], [0, 1], [2, 3]]


def test_what_is_lost_elsewhere_is_told_with_the_others() -> None:
    backlog = a_backlog()
    backlog.lose("one", 3)
    backlog.not_told("one", 2)
    backlog.add("one", 1, 1)
    assert backlog.take(max_items=1, max_bytes=1) == [Taken("one", [1], 5)]
    assert backlog.lost == 3


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 400), st.booleans())))
def test_nothing_is_lost_without_being_counted(steps: list[tuple[str, int, bool]]) -> None:
    backlog = a_backlog(max_items=10, max_bytes=1_000)
    added, taken, lost = 0, 0, 0
    for tenant, size, takes in steps:
        backlog.add(tenant, added, size)
        added += 1
        assert len(backlog) <= 10
        assert 0 <= backlog.size <= 1_000
        for part in backlog.take(max_items=3, max_bytes=500) if takes else ():
            taken += len(part.items)
            lost += part.lost
    rest = everything(backlog)
    taken += sum(len(items) for items, _lost in rest.values())
    assert added == taken + backlog.lost
    assert lost + sum(lost for _items, lost in rest.values()) <= backlog.lost
