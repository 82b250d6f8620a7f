from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.stores.catalog.authority import normalised


@pytest.mark.parametrize(
    "authority",
    [
        "acme.example",
        "ACME.example",
        "acme.example:80",
        "acme.example:443",
        "acme.example:0443",
        "acme.example.",
        "acme.example.:443",
        "acme.example:",
    ],
)
def test_equal_authorities_are_equal_texts(authority: str) -> None:
    """RFC 9110 §4.2.3."""
    assert normalised(authority) == "acme.example"


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        ("acme.localhost:8080", "acme.localhost:8080"),
        ("[::1]:443", "[::1]"),
        ("[::1]:8443", "[::1]:8443"),
        ("[FE80::1]", "[fe80::1]"),
    ],
)
def test_another_port_and_an_address_stay(authority: str, expected: str) -> None:
    assert normalised(authority) == expected


@pytest.mark.parametrize("text", ["", "a:b", "a:80:80", "[::1", "a" * 5_000 + ":80"], ids=repr)
def test_a_text_that_is_no_authority_comes_back_as_it_is(text: str) -> None:
    assert normalised(text) == text


@given(st.text(max_size=40))
def test_what_is_normalised_stays_so(text: str) -> None:
    once = normalised(text)
    if "." not in once[-1:]:  # a name of dots alone loses one each time
        assert normalised(once) == once
