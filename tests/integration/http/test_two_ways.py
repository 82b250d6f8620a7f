"""Whichever way a request takes, the same bytes get the same answer: what is sent here is as unusual as can be."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp.http_parser import RawRequestMessage
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fixtures.two_ways import Doors, hear, two_ways
from fixtures.valkey import Databases
from rulemint_gateway.web.connections.shortcut import Shortcut
from rulemint_gateway.web.http.whole_answer import WholeAnswer

pytestmark = pytest.mark.timeout(300)

AT_ONCE = 100
"""Conversations: each ends by a deadline, and those that are held at once wait for it together."""
QUICKLY = (Phase.explicit, Phase.reuse, Phase.generate)
"""What differs is shown by itself: making an example smaller would take minutes."""
LINES = [
    b"POST /oauth/token HTTP/1.1",
    b"POST /oauth/token HTTP/1.0",
    b"POST /oauth/token HTTP/2.0",
    b"POST /oauth/token HTTP/1.1 ",
    b"POST  /oauth/token HTTP/1.1",
    b"post /oauth/token HTTP/1.1",
    b"GET /oauth/token HTTP/1.1",
    b"HEAD /oauth/token HTTP/1.1",
    b"OPTIONS /oauth/token HTTP/1.1",
    b"PUT /oauth/token HTTP/1.1",
    b"POST /oauth/token? HTTP/1.1",
    b"POST /oauth/token?a=b&a=c HTTP/1.1",
    b"POST /oauth/token#a HTTP/1.1",
    b"POST /oauth/token/ HTTP/1.1",
    b"POST //oauth/token HTTP/1.1",
    b"POST /oauth/./token HTTP/1.1",
    b"POST /oauth/%74oken HTTP/1.1",
    b"POST /oauth/token\t HTTP/1.1",
    b"POST http://localhost/oauth/token HTTP/1.1",
    b"POST http://other.example/oauth/token HTTP/1.1",
    b"POST /oauth/token\xff HTTP/1.1",
    b"POST /oauth/" + b"t" * 9_000 + b" HTTP/1.1",
    b"\r\nPOST /oauth/token HTTP/1.1",
    b"\nPOST /oauth/token HTTP/1.1",
    b"POST /api/v2/clients HTTP/1.1",
]
HEADERS = [
    b"Host: localhost",
    b"Host: other.example",
    b"Host: localhost:443",
    b"host:localhost",
    b"HOST:   localhost  ",
    b"Host:",
    b"Host: a b",
    b"Host : localhost",
    b"Content-Type: application/json",
    b"Content-Type: application/x-www-form-urlencoded; charset=utf-8",
    b"Content-Type: Application/JSON",
    b"content-type: text/plain",
    b"Content-Type:",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding : chunked",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding:\r\n chunked",
    b"TE: trailers",
    b"Trailer: X-A",
    b"Content-Length: 0",
    b"Content-Length: 5",
    b"Content-Length: +5",
    b"Content-Length: -1",
    b"Content-Length: 0x5",
    b"Content-Length: 5, 5",
    b"Content-Length: 1_0",
    b"Content-Length : 5",
    b"Content-Length: 00000000000000000005",
    b"Content-Length: 18446744073709551617",
    b"Content-Length: 99999999999999999999999999",
    b"Content-Length: \xd9\xa5",
    b"Content-Encoding: gzip",
    b"Content-Encoding: identity",
    b"Content-Encoding: br",
    b"Expect: 100-continue",
    b"Expect: anything",
    b"Upgrade: websocket",
    b"Upgrade: h2c",
    b"HTTP2-Settings: a",
    b"Connection: close",
    b"Connection: keep-alive",
    b"Connection: Upgrade",
    b"Connection: close, keep-alive",
    b"Connection: TE",
    b"Keep-Alive: timeout=5",
    b"Authorization: Basic YTpi",
    b"Authorization: Basic !!",
    b"Authorization: Bearer a",
    b"User-Agent: a",
    b"User-Agent: \xff\xfe",
    b"X-Forwarded-For: 192.0.2.1",
    b"Forwarded: for=192.0.2.1",
    b"Accept-Encoding: gzip, br",
    b"Accept: text/html",
    b"Origin: https://evil.example",
    b"Cookie: a=b",
    b"Range: bytes=0-1",
    b"If-None-Match: *",
    b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
    b"Sec-WebSocket-Key1: a",
    b"Folded: a\r\n b",
    b"Folded: a\r\n\tb",
    b"Broken: a\nb",
    b"Bare: a\nTransfer-Encoding: chunked",
    b"Return: a\rb",
    b"Nul: a\0b",
    b"Odd name: a",
    b"No-colon",
    b": a",
    b"\x80: a",
    b"Long: " + b"a" * 9_000,
    b"Empty:",
    b"Utf-8: \xc3\xa9",
    b"X: " + b"b" * 3_000,
    *[b"Many-%d: a" % number for number in range(3)],
]
BEHIND = [
    b"",
    b"\r\n",
    b"P",
    b"POST /oauth/token HTTP/1.1\r\nHo",
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc",
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40,
    b"nonsense\r\n\r\n",
    b"\0",
    b"0\r\n\r\n",
]


@pytest.fixture(scope="module")
async def doors(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    async with two_ways(tmp_path_factory.mktemp("ways"), databases.empty()) as opened:
        yield opened


class Counted:
    """A shortcut that says how many requests took it."""

    def __init__(self, own: Shortcut) -> None:
        self._own = own
        self.taken = 0

    def takes(self, message: RawRequestMessage) -> bool:
        taken = self._own.takes(message)
        self.taken += taken
        return taken

    def answer(self, *arguments: Any, **named: Any) -> Any:
        return self._own.answer(*arguments, **named)


@pytest.fixture(scope="module")
async def counted(doors: Doors) -> Counted:
    return Counted(doors.shortcut)


@pytest.fixture(scope="module")
async def ports(doors: Doors, counted: Counted) -> tuple[int, int]:
    """Of the short way, and of aiohttp's."""
    return await doors.open(counted), await doors.open(None)


async def differences(ports: Sequence[int], requests: Sequence[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """What was sent, and what came of it by either door, where that was not the same.

    What a busy machine reads after its deadline gets another answer. So what differs is sent again, which is little.
    """
    found = await differences_at_once(ports, requests)
    for _ in range(2):
        found = await differences_at_once(ports, [sent for sent, _short, _full in found])
    return found


async def differences_at_once(ports: Sequence[int], requests: Sequence[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """As `differences`, of one conversation by either door for each of the *requests*."""
    places = asyncio.Semaphore(AT_ONCE)

    async def heard_at(port: int, sent: bytes) -> bytes:
        async with places:
            return await hear(port, sent)

    heard = await asyncio.gather(*(heard_at(port, sent) for sent in requests for port in ports))
    pairs = zip(requests, heard[::2], heard[1::2], strict=True)
    return [(sent, short, full) for sent, short, full in pairs if short != full]


def framed(line: bytes, headers: Sequence[bytes], body: bytes, behind: bytes = b"", *, length: bool = True) -> bytes:
    lengths = [b"Content-Length: %d" % len(body)] if length else []
    return b"\r\n".join([line, *headers, *lengths, b"", b""]) + body + behind


def good(doors: Doors, **changes: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": doors.admin["client_id"],
        "client_secret": doors.admin["client_secret"],
        "audience": doors.admin["audience"],
        **changes,
    }


def bodies(doors: Doors) -> list[bytes]:
    form, secret = urlencode(good(doors)).encode(), doors.admin["client_secret"]
    return [
        form,
        json.dumps(good(doors)).encode(),
        urlencode(good(doors, client_secret="wrong")).encode(),
        urlencode(good(doors, audience="https://nowhere.example/")).encode(),
        urlencode(good(doors, scope="no such scope")).encode(),
        urlencode(good(doors, audience="http://localhost/api/v2/")).encode(),
        form + b"&scope=a&scope=b",
        form + b"&\xff",
        form + b"&a=" + b"a" * 60_000,
        form + b"&a=" + b"a" * 70_000,
        b"",
        b"{",
        b"[]",
        gzip.compress(form),
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(form), form),
        b"5\r\nabcde\r\n0\r\nX-A: b\r\n\r\n",
        f"grant_type=client_credentials&audience={doors.admin['audience']}".encode(),
        f'{{"grant_type":"client_credentials","client_id":7,"client_secret":"{secret}"}}'.encode(),
    ]


def plain(doors: Doors) -> list[bytes]:
    """What usual clients send."""
    line, host = LINES[0], b"Host: localhost"
    form, as_json, *others = bodies(doors)
    of_form, of_json = b"Content-Type: application/x-www-form-urlencoded", b"Content-Type: application/json"
    credentials = base64.b64encode(f"{doors.admin['client_id']}:{doors.admin['client_secret']}".encode())
    return [
        framed(line, [host, of_form], form),
        framed(line, [host, of_json], as_json),
        framed(line, [host, b"User-Agent: curl/8.5.0", b"Accept: */*", of_form], form),
        framed(line, [b"host: tokens.example.com", b"connection: keep-alive", of_json], as_json),
        framed(line, [host, b"Authorization: Basic " + credentials, of_form], others[-2]),
        *(framed(line, [host, of_form], other) for other in others[:5]),
    ]


async def test_usual_requests_take_the_short_way_and_get_the_same_answer(
    doors: Doors, counted: Counted, ports: tuple[int, int]
) -> None:
    before, sent = counted.taken, plain(doors)
    assert await differences(ports, sent) == []
    assert counted.taken == before + len(sent)


async def test_an_odd_header_changes_nothing(doors: Doors, ports: tuple[int, int]) -> None:
    host, form = b"Host: localhost", bodies(doors)[0]
    sent = [
        framed(LINES[0], headers, body, behind, length=length)
        for header in HEADERS
        for headers in ([header, host], [host, header])
        for body, behind in ((form, b""), (b"", b""), (form, BEHIND[6]))
        for length in (True, False)
    ]
    chunked = next(body for body in bodies(doors) if body.endswith(b"0\r\n\r\n"))
    sent += [framed(LINES[0], [host, header], chunked, length=False) for header in HEADERS]
    sent += [framed(LINES[1], [host, header], form) for header in HEADERS]
    assert await differences(ports, sent) == []


async def test_an_odd_request_line_or_more_behind_it_changes_nothing(doors: Doors, ports: tuple[int, int]) -> None:
    headers = [b"Host: localhost", b"Content-Type: application/x-www-form-urlencoded"]
    sent = [framed(line, headers, bodies(doors)[0], behind) for line in LINES for behind in BEHIND]
    assert await differences(ports, sent) == []


async def test_any_body_gets_the_same_answer(doors: Doors, ports: tuple[int, int]) -> None:
    types = [b"Content-Type: application/json", b"Content-Type: application/x-www-form-urlencoded", b"X: y"]
    sent = [framed(LINES[0], [b"Host: localhost", kind], body) for kind in types for body in bodies(doors)]
    assert await differences(ports, sent) == []


@settings(
    max_examples=25, phases=QUICKLY, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.data())
async def test_any_bytes_get_the_same_answer(doors: Doors, ports: tuple[int, int], data: st.DataObject) -> None:
    requests = data.draw(st.lists(_requests(bodies(doors)), min_size=20, max_size=AT_ONCE // 2))
    assert await differences(ports, requests) == []


@st.composite
def _requests(draw: st.DrawFn, known: Sequence[bytes]) -> bytes:
    line = draw(st.sampled_from(LINES) if draw(st.integers(0, 3)) == 0 else st.just(LINES[0]))
    headers = draw(st.lists(st.sampled_from(HEADERS), max_size=4))
    if draw(st.integers(0, 9)):
        headers.insert(draw(st.integers(0, len(headers))), b"Host: localhost")
    if draw(st.booleans()):
        headers.append(b"Content-Type: application/x-www-form-urlencoded")
    body = draw(st.sampled_from(known) | st.binary(max_size=40))
    behind = draw(st.sampled_from(BEHIND))
    sent = framed(line, headers, body, behind, length=bool(draw(st.integers(0, 3))))
    if draw(st.integers(0, 4)) == 0:  # anywhere, anything
        at = draw(st.integers(0, len(sent)))
        sent = sent[:at] + draw(st.binary(max_size=4)) + sent[at + draw(st.integers(0, 3)) :]
    return sent


class TakesTooMuch:
    """A shortcut that lost one of its conditions, or changes one thing of the answer."""

    def __init__(self, own: Shortcut, mistake: str) -> None:
        self._own = own
        self._mistake = mistake

    def takes(self, message: RawRequestMessage) -> bool:
        is_call = message.method == "POST" and message.path == "/oauth/token"
        too_much = {
            "another path": message.method == "POST" and message.path.startswith("/oauth/token"),
            "another method": message.path == "/oauth/token",
            "an older version": is_call and message.version != (1, 1),
            "a connection that is to be closed": is_call and message.should_close,
            "a coding": is_call and "Content-Encoding" in message.headers,
            "an expectation": is_call and "Expect" in message.headers,
        }
        return self._own.takes(message) or too_much.get(self._mistake, False)

    async def answer(self, *arguments: Any, **named: Any) -> WholeAnswer:
        answer: WholeAnswer = await self._own.answer(*arguments, **named)
        if self._mistake == "a header less":
            return answer._replace(headers={name: answer.headers[name] for name in answer.headers if name != "Pragma"})
        if self._mistake == "another order":
            return answer._replace(headers=dict(reversed(answer.headers.items())))
        return answer


MISTAKES = [
    "another path",
    "another method",
    "an older version",
    "a connection that is to be closed",
    "a coding",
    "an expectation",
    "a header less",
    "another order",
]


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_the_comparison_finds_a_shortcut_that_is_wrong(
    doors: Doors, ports: tuple[int, int], mistake: str
) -> None:
    wrong = await doors.open(TakesTooMuch(doors.shortcut, mistake))
    odd = [b"Connection: close", b"Content-Encoding: gzip", b"Expect: anything"]
    body, form = bodies(doors)[0], b"Content-Type: application/x-www-form-urlencoded"
    sent = [framed(line, [b"Host: localhost", form], body) for line in LINES]
    sent += [framed(LINES[0], [b"Host: localhost", form, header], body) for header in odd]
    assert await differences((wrong, ports[1]), sent) != []
