"""A token request is refused at a glance only if it is plain; whatever else it is, it is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.web.token_endpoint.plain_requests import MAX_BYTES, plain_request

FORM = b"grant_type=client_credentials&client_id=abc&client_secret=wrong"


def request(*headers: str, body: bytes = FORM, line: str = "POST /oauth/token HTTP/1.1", length: bool = True) -> bytes:
    lines = [line, "Host: acme.example", *headers, *([f"Content-Length: {len(body)}"] if length else []), "", ""]
    return "\r\n".join(lines).encode() + body


def test_a_form_names_its_client() -> None:
    plain = plain_request(request("Content-Type: application/x-www-form-urlencoded"))
    assert plain is not None
    assert (plain.host, plain.clients()) == ("acme.example", ["abc"])


def test_json_names_its_client() -> None:
    plain = plain_request(request("content-type:application/json", body=b'{"client_id": "Xyz"}'))
    assert plain is not None
    assert plain.clients() == ["Xyz"]


def test_http_basic_names_its_client_and_its_case_is_kept() -> None:
    plain = plain_request(request("AUTHORIZATION:  Basic QWJDOnd3dw==", body=b""))
    assert plain is not None
    assert plain.clients() == ["AbC"]


@pytest.mark.parametrize("behind", [b"P", request(), b"\0" * MAX_BYTES])
def test_what_follows_is_told_and_not_looked_at(behind: bytes) -> None:
    plain, alone = plain_request(request() + behind), plain_request(request())
    assert alone is not None
    assert plain == alone._replace(more_follows=True)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(request()[:-1], id="a body that is not whole"),
        pytest.param(request(length=False), id="no length"),
        pytest.param(request("Content-Length: 9999999999", length=False), id="a length that is too large"),
        pytest.param(request("Content-Length: 63", "Content-Length: 63"), id="two lengths"),
        pytest.param(request(f"Content-Length: +{len(FORM)}", length=False), id="a length with a sign"),
        pytest.param(request("Transfer-Encoding: chunked"), id="chunks"),
        pytest.param(request("Expect: 100-continue"), id="an expectation"),
        pytest.param(request("Content-Encoding: gzip"), id="a coding"),
        pytest.param(request("Upgrade: h2c"), id="an upgrade"),
        pytest.param(request("Connection: close"), id="a connection that is to be closed"),
        pytest.param(request("Host: other.example"), id="two hosts"),
        pytest.param(request("Authorization: Basic YTpi", "Authorization: Basic Yzpk"), id="two authorizations"),
        pytest.param(request("Folded: a\r\n b"), id="a folded header"),
        pytest.param(request("Odd header: a"), id="a name with a blank"),
        pytest.param(request("No-colon"), id="a line that is no header"),
        pytest.param(request("Nul: \0"), id="a NUL"),
        pytest.param(request(line="GET /oauth/token HTTP/1.1"), id="another method"),
        pytest.param(request(line="POST /oauth/token HTTP/1.0"), id="an older version"),
        pytest.param(request(line="POST /oauth/token?a=b HTTP/1.1"), id="a query"),
        pytest.param(request(line="POST /api/v2/clients HTTP/1.1"), id="another path"),
        pytest.param(request(body=b"a" * MAX_BYTES), id="a long one"),
        pytest.param(request().replace(b"\r\n", b"\n"), id="bare line feeds"),
    ],
)
def test_what_is_not_plain_is_left_to_who_reads_everything(data: bytes) -> None:
    assert plain_request(data) is None


@given(st.binary(max_size=300), st.integers(0, 200), st.integers(0, 200))
def test_any_bytes_are_plain_or_not_and_never_an_error(junk: bytes, start: int, end: int) -> None:
    whole = request()
    for data in (junk, whole[:start] + junk + whole[end:], request(body=junk)):
        plain = plain_request(data)
        if plain is not None:
            plain.clients()
