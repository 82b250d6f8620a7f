"""What a rule gets from servers that behave."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from typing import Any

import pytest
from aiohttp import web as http

from fixtures.web import NAME, OTHER_NAME, Web
from rulemint_runner.egress.client import open_egress
from rulemint_runner.egress.messages import MAX_BODY_BYTES, Fetched


async def echo(request: http.Request) -> http.Response:
    """The request as it arrived."""
    body = await request.read()
    seen = {
        "method": request.method,
        "target": request.raw_path,
        "headers": [[name.decode(), value.decode()] for name, value in request.raw_headers],
        "body": body.decode("latin-1"),
        "peer": str(request.transport and request.transport.get_extra_info("peername")),
    }
    return http.json_response(seen)


def echoed(fetched: Fetched) -> Any:
    assert fetched.status == 200
    return json.loads(fetched.body)


async def test_a_listed_host_answers_over_tls(web: Web) -> None:
    port = await web.serve(echo, tls=web.authority.server())
    fetched = await web.fetch(f"https://{NAME}:{port}/a?b#c")
    assert echoed(fetched)["target"] == "/a?b"
    assert (fetched.reason, fetched.url, fetched.redirected) == ("OK", f"https://{NAME}:{port}/a?b", False)
    assert dict(fetched.headers)["content-type"] == "application/json; charset=utf-8"


async def test_plain_http_needs_to_be_listed_as_http(web: Web) -> None:
    port = await web.serve(echo)
    assert (await web.fetch(f"http://{NAME}:{port}/", f"http://{NAME}:{port}")).status == 200
    assert (await web.fetch(f"http://plain:{port}/", f"http://plain:{port}")).status == 200
    assert "denied: " in await web.error(f"http://{NAME}:{port}/", f"{NAME}:{port}")


async def test_a_request_arrives_as_the_rule_wrote_it(web: Web) -> None:
    port = await web.serve(echo)
    seen = echoed(
        await web.fetch(
            f"http://{NAME}:{port}/a%2fb?c=d%26&e f",
            method="post",
            headers=(("Authorization", "Bearer t"), ("Content-Type", "text/x"), ("X-Two", "1"), ("X-Two", "2")),
            body=b"hello\xff",
        )
    )
    assert seen["method"] == "POST"
    assert seen["target"] == "/a%2fb?c=d%26&e%20f"
    assert seen["body"] == "hello\xff"
    assert seen["headers"] == [
        ["Host", f"{NAME}:{port}"],
        ["Authorization", "Bearer t"],
        ["Content-Type", "text/x"],
        ["X-Two", "1"],
        ["X-Two", "2"],
        ["User-Agent", "Rulemint"],
        ["Accept", "*/*"],
        ["Accept-Encoding", "gzip, deflate"],
        ["Content-Length", "6"],
    ]


async def test_headers_that_are_the_connection_s_are_not_sent(web: Web) -> None:
    port = await web.serve(echo)
    url = f"http://{NAME}:{port}/"
    left_out = ("Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "TE")
    seen = echoed(await web.fetch(url, headers=tuple((name, "evil") for name in left_out)))
    assert "evil" not in json.dumps(seen)
    for name in ("Host", "Upgrade", "Proxy-Authorization", "Expect", "Trailer"):
        assert f"denied: the header {name} is not sent: " in await web.error(url, headers=((name, "evil"),))
    assert "evil" in await web.error(f"http://{NAME}:{port}/", headers=(("evil\r\nX", "y"),))
    assert "denied: " in await web.error(f"http://{NAME}:{port}/", headers=(("X", "y\r\nEvil: z"),))


async def test_a_client_that_unpacks_by_itself_gets_the_body_as_it_was_sent(web: Web) -> None:
    packed = gzip.compress(b"a body")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    port = await web.serve_bytes(head + packed)
    fetched = await web.fetch(f"http://{NAME}:{port}/", as_sent=True)
    assert fetched.body == packed
    assert dict(fetched.headers)["content-encoding"] == "gzip"


async def test_a_method_that_a_rule_cannot_use_is_denied(web: Web) -> None:
    for method in ("CONNECT", "TRACE", "track", "G T", "", "GET\r\n"):
        assert "is not a method" in await web.error("https://api.example.com/", method=method)


async def test_other_methods_may_be_used(web: Web) -> None:
    port = await web.serve(echo)
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert echoed(await web.fetch(f"http://{NAME}:{port}/", method=method))["method"] == method


async def test_head_has_headers_and_no_body(web: Web) -> None:
    port = await web.serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\nContent-Encoding: gzip\r\n\r\n")
    fetched = await web.fetch(f"http://{NAME}:{port}/", method="HEAD")
    assert fetched.body == b""
    assert dict(fetched.headers) == {"content-length": "9999999", "content-encoding": "gzip"}


async def test_a_status_without_a_body_ends_there(web: Web) -> None:
    for status in ("204 No Content", "304 Not Modified"):
        port = await web.serve_bytes(f"HTTP/1.1 {status}\r\nContent-Encoding: gzip\r\n\r\n".encode())
        assert (await web.fetch(f"http://{NAME}:{port}/")).body == b""


async def test_an_answer_that_is_an_error_of_the_server_is_an_answer(web: Web) -> None:
    async def fail(_request: http.Request) -> http.Response:
        return http.Response(status=503, reason="Not now", text="later")

    fetched = await web.fetch(f"http://{NAME}:{await web.serve(fail)}/")
    assert (fetched.status, fetched.reason, fetched.body) == (503, "Not now", b"later")


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_a_compressed_body_is_decoded_and_its_header_is_gone(web: Web, coding: str, pack: Any) -> None:
    async def compressed(_request: http.Request) -> http.Response:
        return http.Response(body=pack(b"hello" * 1000), headers={"Content-Encoding": coding, "X-Mine": "1"})

    fetched = await web.fetch(f"http://{NAME}:{await web.serve(compressed)}/")
    assert fetched.body == b"hello" * 1000
    names = {name for name, _ in fetched.headers}
    assert "x-mine" in names
    assert names.isdisjoint({"content-encoding", "content-length"})


async def test_bodies_at_the_limit_pass_both_ways(web: Web) -> None:
    async def mirror(request: http.Request) -> http.Response:
        return http.Response(body=await request.read())

    body = bytes(range(256)) * (MAX_BODY_BYTES // 256)
    port = await web.serve(mirror)
    assert (await web.fetch(f"http://{NAME}:{port}/", method="POST", body=body)).body == body
    assert "too_large: the request's body" in await web.error(f"http://{NAME}:{port}/", method="POST", body=body + b"x")


async def test_no_cookie_is_kept_and_every_one_is_shown(web: Web) -> None:
    async def set_cookie(request: http.Request) -> http.Response:
        response = await echo(request)
        response.set_cookie("session", "secret")
        return response

    port = await web.serve(set_cookie)
    first, second = [await web.fetch(f"http://{NAME}:{port}/") for _ in range(2)]
    assert dict(first.headers)["set-cookie"] == "session=secret; Path=/"
    assert "secret" not in second.body.decode()


async def test_proxies_in_the_environment_are_ignored(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    port = await web.serve(echo)
    async with open_egress(allow_private=["127.0.0.0/8"], hosts_file=str(web.hosts_file)) as web.broker:
        assert (await web.fetch(f"http://{NAME}:{port}/")).status == 200


async def test_a_tenant_keeps_its_connection_and_shares_it_with_no_other(web: Web) -> None:
    port = await web.serve(echo)
    peers = [
        echoed(await web.fetch(f"http://{NAME}:{port}/", tenant=tenant))["peer"]
        for tenant in ("one", "two", "one", "two")
    ]
    assert peers[0] == peers[2]
    assert peers[1] == peers[3]
    assert peers[0] != peers[1]


async def test_more_tenants_than_the_broker_keeps_connections_for_are_served(web: Web) -> None:
    port = await web.serve(echo)
    for number in range(150):
        assert (await web.fetch(f"http://{NAME}:{port}/", tenant=f"tenant-{number}")).status == 200


async def test_a_hundred_calls_at_once_all_get_their_own_answer(web: Web) -> None:
    async def slow_echo(request: http.Request) -> http.Response:
        await asyncio.sleep(0.05)
        return http.Response(text=request.path)

    port = await web.serve(slow_echo, tls=web.authority.server())
    answers = await asyncio.gather(
        *(web.fetch(f"https://{NAME}:{port}/{number}", tenant=f"t{number % 7}") for number in range(100))
    )
    assert [answer.body for answer in answers] == [f"/{number}".encode() for number in range(100)]


async def test_a_tenant_s_slow_servers_do_not_hold_up_another_tenant(web: Web) -> None:
    never = asyncio.Event()

    async def hang(_request: http.Request) -> http.Response:
        await never.wait()
        return http.Response()

    slow, fast = await web.serve(hang), await web.serve(echo)
    hanging = [
        asyncio.create_task(web.fetch(f"http://{NAME}:{slow}/", tenant="slow", timeout_s=30)) for _ in range(400)
    ]
    await asyncio.sleep(0)
    assert (await web.fetch(f"http://{NAME}:{fast}/", tenant="fast")).status == 200
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)
    assert (await web.fetch(f"http://{NAME}:{fast}/", tenant="slow")).status == 200
    never.set()


async def test_names_of_other_servers_are_other_hosts(web: Web) -> None:
    port = await web.serve(echo)
    assert "not listed" in await web.error(f"http://{OTHER_NAME}:{port}/", f"http://{NAME}:{port}")
