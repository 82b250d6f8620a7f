from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_shared.secrets.masking import masked, masked_text, without_secrets

CANARY = "canary-7f3a"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"


@pytest.mark.parametrize(
    "value",
    [
        {"password": CANARY},
        {"a": {"b": [{"apiKey": CANARY}]}},
        {"credentials": {"user": CANARY, "more": [CANARY, {"x": CANARY}]}},
        {"secret": [[CANARY]], "n": 1},
        [{"name": "client_secret", "value": CANARY}],
        {"settings": [{"key": "x-api-key", "value": {"deep": CANARY}}]},
        {"payload": json.dumps({"private_key": CANARY})},
        {"payload": json.dumps(json.dumps({"private_key": CANARY}))},
        {"body": urlencode({"grant_type": "x", "client_secret": CANARY})},
        {"raw": CANARY.encode()},
        {"text": repr({"passphrase": CANARY})},
        ("a", {"session_id": CANARY}),
    ],
    ids=repr,
)
def test_what_is_called_a_secret_is_masked_wherever_it_stands(value: Any) -> None:
    assert CANARY not in repr(masked(value))
    assert "***" in repr(masked(value))


def test_what_is_no_secret_stays_as_it_is() -> None:
    value = {"org": "acme", "n": [1, 2.5, True, None], "token_type": "bearer", "deep": {"scope": ["a", "b"]}}
    assert masked(value) == value


def test_numbers_below_a_secret_name_are_secret_and_flags_are_not() -> None:
    assert masked({"pin": 1234, "password": True, "otp": None}) == {"pin": "***", "password": True, "otp": None}


def test_only_so_many_values_are_looked_at_and_the_cut_is_said() -> None:
    cut = masked({"a": list(range(100)), "password": CANARY}, max_values=10)
    assert cut["a"][-1] == "… (100 items)"
    assert cut["…"] == "(2 names)"
    assert CANARY not in repr(cut)
    deep: Any = CANARY
    for _ in range(200):
        deep = [deep]
    assert CANARY not in repr(masked(deep, max_depth=8))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"password":"canary"}', '{"password":"***"}'),
        ("{ apiKey: 'canary', plan: 'gold' }", "{ apiKey: '***', plan: 'gold' }"),
        ('{ "api key" : "canary" }', '{ "api key" : "***" }'),
        (r'{"password":"ca\"nary","plan":"gold"}', '{"password":"***","plan":"gold"}'),
        (r'{"a":"{\"password\":\"canary\",\"b\":1}"}', r'{"a":"{\"password\":\"***\",\"b\":1}"}'),
        ('{"password":"canary', '{"password":"***'),
        ("a=1&client_secret=canary&b=2", "a=1&client_secret=***&b=2"),
        ("https://api.test/?api_key=canary#x", "https://api.test/?api_key=***"),
        ("PASSWORD=canary next", "PASSWORD=*** next"),
        ("Map(1) { 'x-api-key' => 'canary' }", "Map(1) { 'x-api-key' => '***' }"),
        ("config['password'] = 'canary'", "config['password'] = '***'"),
        ("Authorization: Bearer canary1234", "Authorization: Bearer ***"),
        ("sent Basic Y2FuYXJ5OmNhbmFyeQ==", "sent Basic ***"),
        (f"got {JWT}.", "got ***"),
        (f"key {PEM} there", "key *** there"),
        ("redis://:canary@valkey:6379/0", "redis://***@valkey:6379/0"),
    ],
)
def test_a_text_that_spells_secrets_is_masked(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "token expired: ask again",
        "the secret: see the docs",
        '{"token_type":"Bearer","scope":"read write"}',
        "scope=read&audience=https://api.example.com/",
        "the Authorization header must be HTTP Basic: Basic base64(client_id:client_secret)",
        "Basic authentication and bearer authentication",
        "a == b, password => x, token=",
        "http://[::1]:8080/a:b@c",
        "user@example.com:22",
        "10:20:30",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert masked_text(text) == text


def test_a_text_with_very_many_names_is_cut_where_nobody_looks_further() -> None:
    text = "".join(f'"n{number}": "v", ' for number in range(600)) + f'"password": "{CANARY}"'
    shown = masked_text(text)
    assert shown.startswith('"n0": "v"')
    assert shown.endswith("…")
    assert CANARY not in shown


@given(st.text())
def test_every_text_can_be_masked(text: str) -> None:
    assert isinstance(masked_text(text), str)


@given(st.text(max_size=40))
def test_no_secret_is_left_in_the_json_of_one(secret: str) -> None:
    told = f"{CANARY}{secret}{CANARY}"
    assert CANARY not in masked_text(json.dumps({"a": 1, "client_secret": told, "b": "x"}))
    assert CANARY not in masked_text(urlencode({"a": 1, "client_secret": told, "b": "x"}))


def test_a_rule_sees_nothing_that_is_called_a_secret() -> None:
    sent = {
        "org": "acme",
        "subject_token": CANARY,
        "deep": {"apiKey": CANARY, "list": [{"password": CANARY, "n": 1}, [{"cookie": CANARY}]], "kept": {}},
        "pairs": [{"name": "pin", "value": CANARY}, {"name": "plan", "value": "gold"}],
    }
    assert without_secrets(sent) == {
        "org": "acme",
        "deep": {"list": [{"n": 1}, [{}]], "kept": {}},
        "pairs": [{"name": "pin"}, {"name": "plan", "value": "gold"}],
    }
