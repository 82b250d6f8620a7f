from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.stores.catalog import sorted_keys
from rulemint_gateway.stores.catalog.sorted_keys import SortedKeys

KEYS = st.lists(st.tuples(st.booleans(), st.binary(min_size=1, max_size=2)), max_size=200)


def made_of(keys: list[bytes]) -> SortedKeys:
    made = SortedKeys()
    for key in keys:
        made.add(key)
    return made


@given(steps=KEYS, asked=st.binary(max_size=3))
def test_it_is_a_sorted_set_whatever_is_added_and_removed(steps: list[tuple[bool, bytes]], asked: bytes) -> None:
    keys, expected = SortedKeys(), set[bytes]()
    for is_added, key in steps:
        if is_added:
            keys.add(key)
            expected.add(key)
        else:
            keys.remove(key)
            expected.discard(key)
    in_order = sorted(expected)
    assert len(keys) == len(in_order)
    assert [keys[place] for place in range(len(keys))] == in_order
    assert list(keys.since(asked)) == [key for key in in_order if key >= asked]
    assert keys.rank(asked) == sum(key < asked for key in in_order)


def test_it_stays_sorted_across_its_parts() -> None:
    count = 5 * sorted_keys.PART
    numbers = [number * 7_919 % count for number in range(count)]
    keys = made_of([number.to_bytes(4) for number in numbers])
    for number in range(0, count, 3):
        keys.remove(number.to_bytes(4))
    left = [number for number in range(count) if number % 3]
    assert [int.from_bytes(key) for key in keys.since(b"")] == left
    assert int.from_bytes(keys[len(keys) // 2]) == left[len(left) // 2]
    assert keys.rank(count.to_bytes(4)) == len(left)
