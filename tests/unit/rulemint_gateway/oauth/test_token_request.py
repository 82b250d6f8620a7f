from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.oauth.errors import InvalidClient, InvalidRequest, InvalidScope, OAuthError, UnsupportedGrantType
from rulemint_gateway.oauth.token_request import Credentials, parse_token_request, split_scope

GOOD = {
    "grant_type": "client_credentials",
    "client_id": "a-client",
    "client_secret": "a-secret",
    "audience": "https://api.example.com/",
}


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in GOOD.items() if name not in names}


def test_a_complete_request_is_understood() -> None:
    request = parse_token_request({**GOOD, "scope": "b a b"}, None)
    assert request.credentials == [Credentials("a-client", "a-secret")]
    assert request.audience == "https://api.example.com/"
    assert request.scope == ["b", "a"]


def test_rules_see_every_parameter_but_the_credentials() -> None:
    secrets = {"client_assertion": "x", "subject_token": "x", "actorToken": "x", "private-key": "x", "password": ["x"]}
    request = parse_token_request({**GOOD, **secrets, "org": {"id": 1, "apiKey": "x"}}, None)
    assert request.parameters == {**without("client_secret"), "org": {"id": 1}}


@pytest.mark.parametrize(
    ("parameters", "error", "named"),
    [
        pytest.param(without("grant_type"), InvalidRequest, "grant_type", id="grant_type missing"),
        pytest.param({**GOOD, "grant_type": "password"}, UnsupportedGrantType, "grant_type", id="other grant_type"),
        pytest.param(without("client_id"), InvalidClient, "client_id", id="client_id missing"),
        pytest.param(without("client_secret"), InvalidClient, "client_secret", id="client_secret missing"),
        pytest.param({**GOOD, "client_secret": ""}, InvalidClient, "client_secret", id="client_secret empty"),
        pytest.param(without("audience"), InvalidRequest, "audience", id="audience missing"),
        pytest.param({**GOOD, "audience": 7}, InvalidRequest, "audience", id="audience of another type"),
        pytest.param({**GOOD, "client_id": ["a"]}, InvalidRequest, "client_id", id="client_id a list"),
        pytest.param({**GOOD, "scope": 'say "hi"'}, InvalidScope, "scope", id="scope with a quote"),
        pytest.param(
            {**GOOD, "resource": "https://other/"}, InvalidRequest, "resource", id="audience and resource differ"
        ),
    ],
)
def test_a_faulty_parameter_is_refused_by_name(
    parameters: dict[str, object], error: type[OAuthError], named: str
) -> None:
    with pytest.raises(error) as refused:
        parse_token_request(parameters, None)
    assert named in refused.value.description


def test_a_json_null_counts_as_absent() -> None:
    assert parse_token_request({**GOOD, "scope": None, "organization": None}, None).scope == []


def test_resource_names_the_api_as_audience_does() -> None:
    """RFC 8707 §2."""
    request = parse_token_request({**without("audience"), "resource": "https://api.example.com/"}, None)
    assert request.audience == "https://api.example.com/"


def test_basic_credentials_are_read_raw_and_percent_decoded() -> None:
    """RFC 6749 §2.3.1 wants them encoded, and many clients do not encode."""
    request = parse_token_request(without("client_id", "client_secret"), basic("id:se%20cret:x+y"))
    assert request.credentials == [Credentials("id", "se%20cret:x+y"), Credentials("id", "se cret:x y")]


@pytest.mark.parametrize(
    "header", ["Bearer abc", "Basic", "Basic ???", basic("no colon"), basic(":secret"), "Basic /w=="], ids=str
)
def test_an_unusable_authorization_header_is_an_invalid_client(header: str) -> None:
    with pytest.raises(InvalidClient):
        parse_token_request(without("client_id", "client_secret"), header)


def test_two_ways_of_authenticating_at_once_are_refused() -> None:
    """RFC 6749 §2.3: not more than one method in a request."""
    with pytest.raises(InvalidRequest):
        parse_token_request(GOOD, basic("a-client:a-secret"))


def test_another_client_id_in_the_body_than_in_the_header_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        parse_token_request({**without("client_secret"), "client_id": "other"}, basic("a-client:a-secret"))


@given(st.text(max_size=200))
def test_any_scope_text_is_split_or_refused(text: str) -> None:
    try:
        scopes = split_scope(text)
    except InvalidScope:
        return
    assert " ".join(scopes).split() == scopes
    assert len(set(scopes)) == len(scopes)


@given(st.dictionaries(st.sampled_from([*GOOD, "scope", "resource", "x"]), st.none() | st.text() | st.integers()))
def test_any_parameters_are_understood_or_refused_with_an_oauth_error(parameters: dict[str, object]) -> None:
    try:
        request = parse_token_request(parameters, None)
    except OAuthError:
        return
    assert "client_secret" not in request.parameters
