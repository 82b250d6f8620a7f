from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from rulemint_gateway.oauth.exchange import Sent
from rulemint_gateway.web.token_endpoint.calls import RequestCall
from rulemint_gateway.web.token_endpoint.sent import MAX_CHARACTERS, MAX_ENTRIES, MAX_NAME, MAX_VALUE, sent_with


def sent(*headers: tuple[str, str], path: str = "/oauth/token", host: str = "tokens.example.com") -> Sent:
    request = make_mocked_request("POST", path, headers=CIMultiDict([("Host", host), *headers]))
    return sent_with(RequestCall(request), host)


def test_names_of_headers_are_in_lower_case_and_a_repeated_one_keeps_its_first_value() -> None:
    headers = sent(("X-Plan", "gold"), ("x-plan", "free")).headers
    assert headers == {"host": "tokens.example.com", "x-plan": "gold"}


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "Proxy-Authorization", "Cookie", "DPoP", "X-Api-Key", "X-Auth-Token", "Client-Secret"),
        *(
            "X-Forwarded-Authorization",
            "Private-Key",
            "X-Session-Id",
            "X-Hub-Signature-256",
            "Ocp-Apim-Subscription-Key",
        ),
    ],
)
def test_a_header_that_carries_credentials_is_not_there(name: str) -> None:
    assert list(sent((name, "sesame")).headers) == ["host"]


def test_the_query_has_no_credentials_either() -> None:
    query = sent(path="/oauth/token?trial=yes&client_secret=sesame&apiKey=sesame&actor_token=sesame&trial=no").query
    assert query == {"trial": "yes"}


def test_what_is_too_long_is_left_out() -> None:
    kept = sent(("x" * (MAX_NAME + 1), "v"), ("long", "v" * (MAX_VALUE + 1)), ("kept", "v" * MAX_VALUE)).headers
    assert list(kept) == ["host", "kept"]


def test_there_are_only_so_many_entries_and_characters() -> None:
    assert len(sent(*((f"x-{number}", "") for number in range(200))).headers) == MAX_ENTRIES
    large = sent(*((f"x-{number}", "v" * MAX_VALUE) for number in range(60))).headers
    assert sum(len(name) + len(value) for name, value in large.items()) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("host", "name"),
    [("tokens.example.com:8443", "tokens.example.com"), ("[::1]:80", "::1"), ("[", ""), ("", "")],
    ids=["port", "IPv6", "malformed", "empty"],
)
def test_the_host_name_is_without_its_port(host: str, name: str) -> None:
    assert sent(host=host).hostname == name
