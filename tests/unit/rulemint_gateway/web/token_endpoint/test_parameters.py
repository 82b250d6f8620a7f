"""A token request's parameters: what honest clients send is read as it always was, and nobody's costs much."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rulemint_gateway.oauth.errors import InvalidRequest, InvalidScope, OAuthError
from rulemint_gateway.oauth.grant_types import TEXT_PARAMETERS
from rulemint_gateway.oauth.parameters import Parameters
from rulemint_gateway.oauth.token_request import parse_token_request
from rulemint_gateway.web.token_endpoint.parameters import (
    MAX_ESCAPES,
    MAX_NAME,
    MAX_PARAMETERS,
    MAX_VALUES,
    form_parameters,
    json_parameters,
)

GOOD = {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b", "audience": "c"}

names = st.text(st.characters(codec="utf-8"), max_size=12)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
separators = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", "\r\n:  ")])


def refusal(read: Any, body: bytes) -> str:
    with pytest.raises(InvalidRequest) as refused:
        read(body).decoded()
    return refused.value.description


@given(st.dictionaries(names, values, max_size=8), separators, st.booleans(), st.sampled_from(["", " ", "\n\t "]))
def test_json_is_read_as_the_standard_library_reads_it(
    members: dict[str, Any], separators: tuple[str, str], ascii_only: bool, around: str
) -> None:
    body = around + json.dumps(members, separators=separators, ensure_ascii=ascii_only) + around
    assert json_parameters(body.encode()).decoded() == json.loads(body) == members


@given(st.lists(st.tuples(names, values), max_size=6), separators, st.booleans())
def test_a_member_that_comes_twice_is_found(
    pairs: list[tuple[str, Any]], separators: tuple[str, str], ascii_only: bool
) -> None:
    comma, colon = separators
    written = [f"{json.dumps(n, ensure_ascii=ascii_only)}{colon}{json.dumps(v)}" for n, v in pairs]
    body = f"{{{comma.join(written)}}}".encode()
    known = [name for name, _ in pairs]
    if len(set(known)) == len(known):
        assert json_parameters(body).decoded() == dict(pairs)
    else:
        assert "repeated" in refusal(json_parameters, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":12}',
        b'{"a":12,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":{"x":1},"b":2,"a":{"x":1}}',
        b'{"a":"b","a":"\\"b"}',
        b'{"":0,"":0}',
        b'{"b":0,"a":12,"a":1}',
        b'{"a":1.5,"a":1}',
        b'{"a":12,"a":1,"b":0}',
        b'{ "a" : 1 , "b" : 2 , "a" : 1 }',
        b'{"a":[1,"a"],"a":[1,"a"]}',
    ],
)
def test_a_repeated_member_is_refused_however_it_is_written(body: bytes) -> None:
    assert "repeated" in refusal(json_parameters, body)


def test_a_name_inside_a_value_is_no_repetition() -> None:
    body = b'{"a":{"a":"\\"a\\":1,"},"b":"{\\"a\\":1}"}'
    assert json_parameters(body).decoded() == {"a": {"a": '"a":1,'}, "b": '{"a":1}'}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "object"),
        (b"[" * 60_000, "object"),
        (b'{"a":' + b"[" * 30_000, "not JSON"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "nested"),
        (b'{"a":NaN}', "not JSON"),
        (b'{"a":-Infinity}', "not JSON"),
        (b'{"a":01}', "not JSON"),
        (b'{"a":"\x01"}', "not JSON"),
        (b'{"a":"\xff"}', "not JSON"),
        (b'{"\xff":1}', "not JSON"),
        (b'{"a":"\\ud800"}', "not JSON"),
        (b'{"a":{"\\ud800":1}}', "not JSON"),
        (b'{"a":1e999}', "too large"),
        (b'{"a":[18446744073709551616]}', "64 bits"),
        (b'{"a":1} x', "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(201)) + b"}", "more than 200 parameters"),
        (b'{"a":[' + b",".join([b"{}"] * 20_000) + b"]}", "more than 1000 values"),
        (b'{"a":[' + b",".join([b"0"] * 1_000) + b"]}", "more than 1000 values"),
        (b'{"' + b"a" * (MAX_NAME + 1) + b'":1}', f"longer than {MAX_NAME}"),
    ],
)  # fmt: skip
def test_what_cannot_be_handed_on_is_refused(body: bytes, said: str) -> None:
    assert said in refusal(json_parameters, body)


def test_as_many_as_are_allowed_are_read() -> None:
    members = {str(number): number for number in range(MAX_PARAMETERS)}
    assert json_parameters(json.dumps(members).encode()).decoded() == members
    nested: dict[str, Any] = {"a": [{}, []] * 499}
    assert json_parameters(json.dumps(nested).encode()).decoded() == nested


def test_commas_and_braces_in_a_text_are_no_values() -> None:
    members = {"a": ",[{" * 5_000}
    assert json_parameters(json.dumps(members).encode()).decoded() == members


def test_a_byte_order_mark_is_passed_over() -> None:
    assert json_parameters(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()).decoded() == GOOD


@pytest.mark.parametrize("value", ["7", "[1.5e300]", '{"a":1}', "true", "[]"])
@pytest.mark.parametrize("name", TEXT_PARAMETERS)
def test_what_has_to_be_a_text_is_named_if_it_is_none(name: str, value: str) -> None:
    body = json.dumps(GOOD).removesuffix("}") + f', "x": 1, "{name}x": {value}}}'
    body = body.replace(f'"{name}": "{GOOD.get(name)}"', '"y": 1').replace(f'"{name}x"', f'"{name}"')
    with pytest.raises(OAuthError, match=name):
        parse_token_request(json_parameters(body.encode()), None)


@given(st.lists(st.tuples(names, texts), max_size=8))
def test_a_form_is_read_as_the_standard_library_reads_it(pairs: list[tuple[str, str]]) -> None:
    assume(len(dict(pairs)) == len(pairs))
    body = urlencode(pairs)
    assert form_parameters(body.encode()).decoded() == dict(parse_qsl(body, keep_blank_values=True)) == dict(pairs)


@given(st.text("ab=&+%41cz", max_size=30))
def test_an_odd_form_is_read_or_refused_as_before(body: str) -> None:
    try:
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        assert refusal(form_parameters, body.encode())  # as no form, or for a name that is repeated in it
        return
    if len(dict(pairs)) == len(pairs):
        assert form_parameters(body.encode()).decoded() == dict(pairs)
    else:
        assert "repeated" in refusal(form_parameters, body.encode())


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("a=1&a=2", "repeated"),
        ("a=1&%61=2", "repeated"),
        ("&".join(f"a{n}" for n in range(201)), "more than 200 parameters"),
        ("&" * 60_000, "more than 200 parameters"),
        ("%41" * (MAX_ESCAPES + 1) + "=1", "percent-escapes"),
        ("scope=" + "%41" * (MAX_ESCAPES + 1), "percent-escapes"),
        ("z=" + "%ff" * (MAX_ESCAPES + 1), "form"),
        ("a=\u00e9", "form"),
    ],
)
def test_a_form_that_is_too_much_is_refused(body: str, said: str) -> None:
    assert said in refusal(form_parameters, body.encode())


def test_many_escapes_of_what_can_wait_are_read_later() -> None:
    read = form_parameters((urlencode(GOOD) + "&z=" + "%C3%A9" * MAX_ESCAPES).encode())
    assert read.early["client_id"] == "a"
    assert read.decoded() == {**GOOD, "z": "é" * MAX_ESCAPES}


class LookedAtError(Exception):
    """Somebody looked at parameters of a client that is not known."""


def test_nothing_but_the_texts_that_say_who_asks_is_decoded_before_the_client_is_known() -> None:
    def everything() -> dict[str, Any]:
        raise LookedAtError

    request = parse_token_request(Parameters({**GOOD, "scope": "x y"}, everything), None)
    assert (request.audience, request.scope) == ("c", ["x", "y"])
    with pytest.raises(LookedAtError):
        dict(request.as_sent)
    with pytest.raises(LookedAtError):
        _ = request.parameters


@pytest.mark.parametrize(
    "scope", ["a " * 30_000, " ".join(map(str, range(501))), "a" * 60_000, "a" + " " * 30_000 + "b"]
)
def test_a_scope_that_is_too_much_is_refused_before_it_is_split(scope: str) -> None:
    with pytest.raises(InvalidScope):
        parse_token_request({**GOOD, "scope": scope}, None)


def test_no_traceback_shows_parameters() -> None:
    assert not re.search("[ab]", repr(json_parameters(json.dumps(GOOD).encode())).replace("Parameters", ""))


MANY = b",".join(b'"%d":"1"' % number for number in range(MAX_PARAMETERS + MAX_VALUES + 1))


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (MANY, "more than 200 parameters"),
        (b'"x":[' + b",".join(b'{"a":"b"}' for _ in range(3_000)) + b"]", "more than 1000 values"),
        (b'"client_id":"b","x":{' + MANY + b"}", "client_id is repeated"),
    ],
    ids=["members", "values", "a repeated one"],
)
def test_very_many_members_are_told_apart_once_the_client_is_known(members: bytes, said: str) -> None:
    parameters = json_parameters(b'{"client_id":"a","client_secret":null,' + members + b"}")
    assert parameters.early["client_id"] in {"a", "b"}
    assert parameters.early["client_secret"] is None
    with pytest.raises(InvalidRequest, match=said):
        parameters.decoded()


def test_a_text_may_look_like_many_members() -> None:
    text = '":,"' * 2_000
    parameters = json_parameters(json.dumps({"client_id": "a", "note": text}).encode())
    assert parameters.early["client_id"] == "a"
    assert parameters.decoded() == {"client_id": "a", "note": text}


@pytest.mark.parametrize("behind", [b"", b"]", b"} x"])
def test_very_many_members_are_json_or_refused_at_once(behind: bytes) -> None:
    with pytest.raises(InvalidRequest, match="not JSON"):
        json_parameters(b"{" + MANY + behind)
