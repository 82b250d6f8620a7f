from __future__ import annotations

from inspect import Parameter, signature
from typing import get_type_hints

from rulemint_gateway.tokens import claims
from rulemint_gateway.tokens.claims import TokenClaims
from rulemint_gateway.tokens.minter import Minter
from rulemint_shared.contract.messages import Granted
from rulemint_shared.contract.records import ResourceServer

REGISTERED = {"iss", "sub", "aud", "iat", "exp", "jti", "azp", "client_id", "gty", "scope"}


def payload_of(granted: Granted, *, enforce: bool = False) -> dict[str, object]:
    made = TokenClaims(
        granted,
        issuer="https://iss/",
        client_id="c",
        api=ResourceServer(id="1", identifier="https://api/", token_lifetime_s=60, enforce_grant_scopes=enforce),
        grant_scope=("a",),
        gty="client-credentials",
        now_s=1_000,
        jti="exc_1",
    )
    return made.payload


def test_only_a_granted_outcome_makes_what_can_be_minted() -> None:
    """Whoever adds a grant type cannot sign claims without the yes of the rules: mypy refuses it."""
    assert get_type_hints(Minter.mint)["claims"] is TokenClaims
    assert get_type_hints(TokenClaims.__init__)["granted"] is Granted
    assert signature(TokenClaims).parameters["granted"].default is Parameter.empty
    assert [name for name, value in vars(TokenClaims).items() if isinstance(value, classmethod)] == []


def test_a_token_says_who_it_is_for_and_how_long_it_lives() -> None:
    payload = payload_of(Granted(scope=["a"]))
    assert payload.pop("jti") == "exc_1"
    assert payload == {
        "iss": "https://iss/",
        "sub": "c@clients",
        "aud": "https://api/",
        "iat": 1_000,
        "exp": 1_060,
        "azp": "c",
        "client_id": "c",
        "gty": "client-credentials",
        "scope": "a",
    }


def test_no_returned_claim_replaces_a_registered_one() -> None:
    forged = dict.fromkeys(REGISTERED, "forged")
    assert "forged" not in payload_of(Granted(scope=["a"], claims=forged)).values()


def test_the_claims_that_a_token_has_of_its_own_are_listed() -> None:
    assert payload_of(Granted(scope=["a"])).keys() == claims.REGISTERED == REGISTERED


def test_a_token_without_scopes_has_no_scope_claim_even_if_a_rule_returns_one() -> None:
    assert "scope" not in payload_of(Granted(scope=[], claims={"scope": "forged"}))


def test_a_rule_may_add_scopes_unless_the_api_enforces_the_grant() -> None:
    granted = Granted(scope=["a", "extra"])
    assert payload_of(granted)["scope"] == "a extra"
    assert payload_of(granted, enforce=True)["scope"] == "a"


def test_malformed_and_repeated_scopes_never_reach_a_token() -> None:
    assert payload_of(Granted(scope=["a", "a", "x y", "", 'q"']))["scope"] == "a"
