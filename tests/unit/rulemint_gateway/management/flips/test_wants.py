"""A search begins only for what a rule could bring."""

from __future__ import annotations

import pytest

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.flips.wants import Want, want_of
from rulemint_gateway.tokens.claims import REGISTERED


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("token", Want("token")),
        ("claim:größe", Want("claim", "größe")),
        ("claim:https://example.com/a b", Want("claim", "https://example.com/a b")),
        ("scope:read:all", Want("scope", "read:all")),
    ],
)
def test_what_a_rule_could_bring_is_searched_for(text: str, want: Want) -> None:
    assert want_of(text) == want


@pytest.mark.parametrize("text", ["", "limit", "claim:", "scope:", "token:x", "other:x", "scope:a b", "scope:ü"])
def test_what_nothing_brings_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidBodyError) as refused:
        want_of(text)
    assert refused.value.field == "want"


@pytest.mark.parametrize("name", sorted(REGISTERED))
def test_a_claim_that_each_token_has_of_itself_is_not_searched_for(name: str) -> None:
    with pytest.raises(InvalidBodyError, match=f"No rule sets {name}"):
        want_of(f"claim:{name}")
