from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.oauth.errors import AccessDenied, printable


@given(st.text())
def test_any_description_has_only_the_characters_of_rfc_6749(text: str) -> None:
    """RFC 6749 §5.2: %x20-21 / %x23-5B / %x5D-7E."""
    assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]{0,1024}", printable(text))


def test_the_private_half_of_an_error_is_not_in_its_description() -> None:
    error = AccessDenied("no", detail="the database is on fire")
    assert error.description == "no"
    assert "fire" in str(error)
