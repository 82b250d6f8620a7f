"""ID tokens that are taken, and those that are not (OpenID Connect Core 1.0 §3.1.3.7)."""

from __future__ import annotations

import time
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from rulemint_gateway.web.sign_in.oidc.discovery import KeySet
from rulemint_gateway.web.sign_in.oidc.id_tokens import (
    IdTokenError,
    UnknownKeyError,
    subject_of,
    values_of,
    verified_claims,
)
from rulemint_shared.contract.oidc_providers import OidcProvider

PROVIDER = OidcProvider(
    name="work",
    issuer="https://login.example.com",
    client_id="console",
    secret=b"",
    claim="groups",
    scopes={"admins": ("read:rules",), "readers": ("read:logs",)},
    subject_claim="email",
)
BY_ADDRESS = msgspec.structs.replace(PROVIDER, claim="email", scopes={"ann@example.com": ("read:rules",)})
PRIVATE = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
OTHER = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())
KEYS = KeySet(
    keys=[
        {**RSAAlgorithm.to_jwk(PRIVATE.public_key(), as_dict=True), "kid": "r", "use": "sig"},
        {**ECAlgorithm.to_jwk(ELLIPTIC.public_key(), as_dict=True), "kid": "e"},
    ]
)
NONCE = "the-nonce-of-this-sign-in"


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {"iss": PROVIDER.issuer, "aud": "console", "sub": "ann", "iat": now, "exp": now + 300, "nonce": NONCE}
    return {name: value for name, value in (usual | changes).items() if value is not None}


def signed(payload: dict[str, Any], key: Any = PRIVATE, *, algorithm: str = "RS256", kid: str | None = "r") -> str:
    return jwt.encode(payload, key, algorithm=algorithm, headers={} if kid is None else {"kid": kid})


def test_a_token_of_the_provider_for_this_sign_in_is_taken() -> None:
    assert verified_claims(signed(claims()), KEYS, PROVIDER, nonce=NONCE)["sub"] == "ann"
    token = signed(claims(aud=["console"]), ELLIPTIC, algorithm="ES256", kid="e")
    assert verified_claims(token, KEYS, PROVIDER, nonce=NONCE)["sub"] == "ann"
    several = claims(aud=["console", "other"], azp="console")
    assert verified_claims(signed(several), KEYS, PROVIDER, nonce=NONCE)["sub"] == "ann"


WRONG = {
    "of another issuer": claims(iss="https://evil.example"),
    "for another client": claims(aud="other"),
    "for several clients, without an azp": claims(aud=["console", "other"]),
    "whose azp is another": claims(azp="other"),
    "of another sign-in": claims(nonce="another"),
    "without a nonce": claims(nonce=None),
    "that has expired": claims(exp=int(time.time()) - 3_600),
    "without an end": claims(exp=None),
    "without a beginning": claims(iat=None),
    "without a sub": claims(sub=None),
    "with an empty sub": claims(sub=""),
    "with a very long sub": claims(sub="a" * 256),
    "whose sub clears a terminal": claims(sub="\x1b[2Jann"),
    "whose sub cannot travel": claims(sub="\ud800"),
}


@pytest.mark.parametrize("payload", WRONG.values(), ids=WRONG)
def test_a_token_that_is_not_this_providers_for_this_sign_in_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(IdTokenError):
        verified_claims(signed(payload), KEYS, PROVIDER, nonce=NONCE)


def test_a_token_that_another_key_signed_is_refused() -> None:
    with pytest.raises(IdTokenError):
        verified_claims(signed(claims(), OTHER), KEYS, PROVIDER, nonce=NONCE)


def test_a_token_of_a_key_that_is_not_known_yet_says_so() -> None:
    with pytest.raises(UnknownKeyError):
        verified_claims(signed(claims(), OTHER, kid="new"), KEYS, PROVIDER, nonce=NONCE)
    with pytest.raises(UnknownKeyError):
        verified_claims(signed(claims(), kid=None), KEYS, PROVIDER, nonce=NONCE)


def test_an_unsigned_token_and_one_that_a_shared_secret_signed_are_refused() -> None:
    with pytest.raises(IdTokenError):
        verified_claims(jwt.encode(claims(), "", algorithm="none"), KEYS, PROVIDER, nonce=NONCE)
    shared = jwt.encode(claims(), "the-secret-that-both-sides-know-of-each-other", algorithm="HS256")
    with pytest.raises(IdTokenError):
        verified_claims(shared, KEYS, PROVIDER, nonce=NONCE)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "a" * 100_000, "é.é.é"])
def test_a_text_that_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(IdTokenError):
        verified_claims(text, KEYS, PROVIDER, nonce=NONCE)


@pytest.mark.parametrize("key", [{}, {"kty": "oct", "k": "AA"}, {"kty": "RSA"}, {"kty": 1}, {"kty": "EC", "crv": []}])
def test_keys_that_are_none_sign_nothing(key: dict[str, Any]) -> None:
    with pytest.raises(IdTokenError):
        verified_claims(signed(claims()), KeySet(keys=[{**key, "kid": "r"}]), PROVIDER, nonce=NONCE)


@pytest.mark.parametrize(
    ("told", "values"),
    [
        ({"groups": ["admins", "others", "admins"]}, ("admins",)),
        ({"groups": "readers"}, ("readers",)),
        ({"groups": ["readers", 1, None, {}, ["admins"]]}, ("readers",)),
        ({"groups": {"admins": True}}, ()),
        ({"groups": None}, ()),
        ({}, ()),
    ],
)
def test_only_values_of_the_map_count(told: dict[str, Any], values: tuple[str, ...]) -> None:
    assert values_of(told, PROVIDER) == values


def test_a_claim_may_be_a_path_or_have_dots_in_its_name() -> None:
    nested = OidcProvider(
        name="k", issuer="i", client_id="c", secret=b"", claim="realm_access.roles", scopes=PROVIDER.scopes
    )
    assert values_of({"realm_access": {"roles": ["admins"]}}, nested) == ("admins",)
    assert values_of({"realm_access.roles": ["readers"], "realm_access": {"roles": ["admins"]}}, nested) == ("readers",)
    assert values_of({"realm_access": ["roles"]}, nested) == ()


UNVERIFIED: list[dict[str, Any]] = [
    {},
    {"email_verified": False},
    {"email_verified": "false"},
    {"email_verified": None},
    {"email_verified": 1},
    {"email_verified": {}},
]


@pytest.mark.parametrize("verified", [True, "true"])
def test_a_verified_address_gives_scopes_and_is_shown_as_the_name(verified: object) -> None:
    told = {"sub": "1", "email": "ann@example.com", "email_verified": verified}
    assert values_of(told, BY_ADDRESS) == ("ann@example.com",)
    assert subject_of(told, BY_ADDRESS) == "ann@example.com"


@pytest.mark.parametrize("told", UNVERIFIED)
def test_an_address_that_nobody_verified_gives_no_scope_and_is_not_shown_as_the_name(told: dict[str, Any]) -> None:
    """Where people register themselves, anybody may write the address of an administrator."""
    told = {"sub": "1", "email": "ann@example.com", **told}
    assert values_of(told, BY_ADDRESS) == ()
    assert subject_of(told, BY_ADDRESS) == "1"


@pytest.mark.parametrize("name", ["", ["ann"], "\x1b[2Jann", "ann\nbea", "\ud800", "\u202eann"])
def test_a_name_that_no_line_can_show_is_not_shown(name: object) -> None:
    assert subject_of({"sub": "1", "email": name, "email_verified": True}, PROVIDER) == "1"
