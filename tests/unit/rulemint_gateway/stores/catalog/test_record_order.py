from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.stores.catalog.record_order import Facets, RecordOrder, key_of, text_of


class Thing(msgspec.Struct, frozen=True):
    """A record of two facets."""

    id: str
    created_at_ms: int
    colour: str
    big: bool


THINGS = st.lists(
    st.builds(
        Thing,
        id=st.text("abc", min_size=1, max_size=4),
        created_at_ms=st.integers(0, 5),
        colour=st.sampled_from(["red", "green", "blue"]),
        big=st.booleans(),
    ),
    max_size=40,
    unique_by=lambda thing: thing.id,
)
WANTED = st.fixed_dictionaries(
    {},
    optional={
        "colour": st.frozensets(st.sampled_from(["red", "green", "blue", "grey"])),
        "big": st.frozensets(st.sampled_from(["true", "false"])),
    },
)


@given(things=THINGS, gone=st.frozensets(st.integers(0, 40)), wanted=WANTED, start=st.integers(0, 45))
def test_a_selection_is_what_filtering_and_sorting_all_records_gives(
    things: list[Thing], gone: frozenset[int], wanted: dict[str, frozenset[str]], start: int
) -> None:
    order = RecordOrder(Facets(("colour", "big"), lambda thing: (thing.colour, thing.big)))
    for thing in things:
        order.add(thing.id, thing)
        order.add(thing.id, thing)
    for place in gone & set(range(len(things))):
        order.remove(things[place].id, things[place])
    left = [thing for place, thing in enumerate(things) if place not in gone]
    taken = [
        thing for thing in left if all(text_of(getattr(thing, field)) in values for field, values in wanted.items())
    ]
    expected = [thing.id for thing in sorted(taken, key=lambda thing: (thing.created_at_ms, thing.id))]
    selection = order.select(wanted)
    assert len(selection) == len(expected)
    assert selection.ids(start, 7) == expected[start : start + 7]
    for thing in things:
        expected_place = expected.index(thing.id) if thing.id in expected else None
        assert selection.place_of(key_of(thing.id, thing)) == expected_place
