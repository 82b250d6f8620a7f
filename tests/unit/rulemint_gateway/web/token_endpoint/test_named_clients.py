from __future__ import annotations

import asyncio
import base64
import json
from urllib.parse import urlencode

import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.oauth.token_request import parse_token_request
from rulemint_gateway.web.http.arrivals import body_of
from rulemint_gateway.web.token_endpoint.bodies import MAX_TOKEN_BODY_BYTES, read_parameters
from rulemint_gateway.web.token_endpoint.calls import RequestCall
from rulemint_gateway.web.token_endpoint.named_clients import MAX_BYTES, named_clients

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def a_request(body: bytes, content_type: str = FORM, *, arrived: bool = True, **headers: str) -> web.Request:
    loop = asyncio.get_running_loop()
    content = StreamReader(BaseProtocol(loop), 2**16, loop=loop)
    content.feed_data(body)
    if arrived:
        content.feed_eof()
    sent = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
    return make_mocked_request("POST", "/oauth/token", sent, payload=content)


def basic(client_id: str, secret: str = "s") -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


async def parsed_clients(request: web.Request) -> list[str]:
    parameters = await read_parameters(RequestCall(request))
    asked = parse_token_request(parameters, request.headers.get("Authorization"))
    return [credentials.client_id for credentials in asked.credentials]


@given(client_id=TEXT, secret=TEXT, other=TEXT, kind=st.sampled_from([FORM, JSON]))
def test_at_a_glance_it_is_the_client_that_parsing_finds(client_id: str, secret: str, other: str, kind: str) -> None:
    parameters = {
        "xclient_id": other,
        "grant_type": "client_credentials",
        "audience": other,
        "client_id": client_id,
        "client_secret": secret,
    }
    body = urlencode(parameters) if kind == FORM else json.dumps(parameters)

    async def look() -> tuple[list[str], list[str]]:
        request = a_request(body.encode(), kind)
        return named_clients(request), await parsed_clients(request)

    glanced, parsed = asyncio.run(look())
    assert glanced == parsed == [client_id]


async def test_basic_credentials_have_their_two_readings() -> None:
    body = b"grant_type=client_credentials&audience=a"
    request = a_request(body, Authorization=basic("a%62"))
    assert named_clients(request) == await parsed_clients(request) == ["a%62", "ab"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"grant_type=client_credentials", FORM),
        (b"", FORM),
        (b"{", JSON),
        (b'{"client_id": 7}', JSON),
        (b'{"client_id": null}', JSON),
        (b'{"client_id": "\xff"}', JSON),
        (b"[" * 3_000, JSON),
        (b'{"a":' * 800, JSON),
    ],
)
async def test_what_names_nobody_is_left_to_the_parser(body: bytes, kind: str) -> None:
    request = a_request(body, kind)
    assert named_clients(request) == []
    assert await body_of(request, MAX_BYTES) == body


@pytest.mark.parametrize("value", ["Bearer x", "Basic", "Basic !", basic("")])
async def test_a_header_that_names_nobody_is_left_to_the_parser(value: str) -> None:
    assert named_clients(a_request(b"client_id=c", Authorization=value)) == []


async def test_a_body_that_is_long_or_still_on_its_way_is_not_touched() -> None:
    for request in (a_request(b"client_id=c", arrived=False), a_request(b"client_id=c&a=" + b"a" * MAX_BYTES)):
        assert named_clients(request) == []
        assert request.content.read_nowait().startswith(b"client_id=c")


async def test_what_was_taken_early_is_no_larger_than_what_is_read() -> None:
    """A small body may unpack to a large one."""
    request = a_request(b"client_id=c&a=" + b"a" * MAX_TOKEN_BODY_BYTES, arrived=True, **{"Content-Length": "100"})
    assert named_clients(request) == ["c"]
    with pytest.raises(Exception, match="larger than"):
        await read_parameters(RequestCall(request))
