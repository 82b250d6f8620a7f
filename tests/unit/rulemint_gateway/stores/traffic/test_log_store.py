from __future__ import annotations

import pytest

from rulemint_gateway.stores.traffic.log_store import Place


def test_a_log_id_spells_its_place() -> None:
    place = Place(1_764_000_000_000, 7, "e")
    assert Place.of(place.log_id()) == place


@pytest.mark.parametrize(
    "text", ["", "log_", "log_00000000000000000000x", "exc_000000000000000000000", "log_" + "0" * 21]
)
def test_another_text_spells_none(text: str) -> None:
    assert Place.of(text) is None


def test_log_ids_sort_as_their_places() -> None:
    places = [Place(ms, number, stream) for ms in (1, 2, 300) for number in (0, 1, 20) for stream in "aer"]
    assert [place.log_id() for place in places] == sorted(place.log_id() for place in places)
