"""Where a rule does not get, whatever its list, its names and its servers say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web as http

from fixtures.web import NAME, OTHER_NAME, Handler, Web
from rulemint_runner.egress.client import open_egress
from rulemint_runner.egress.errors import EgressError, Kind
from rulemint_runner.egress.messages import OutboundRequest, Redirect
from rulemint_shared.deadline import Deadline


async def hello(request: http.Request) -> http.Response:
    return http.Response(text=f"{request.method} {request.path} {request.headers.get('Authorization', '-')}")


async def test_loopback_is_not_reached_unless_the_operator_named_it(web: Web) -> None:
    port = await web.serve(hello)
    url = f"http://{NAME}:{port}/"
    assert (await web.fetch(url)).body == b"GET / -"
    async with open_egress(hosts_file=str(web.hosts_file)) as web.broker:
        assert await web.error(url) == f"denied: {NAME} leads to an address that is not public"


async def test_one_address_that_is_not_public_denies_the_name(web: Web) -> None:
    for kind in ("private", "mixed", "loopback6", "metadata", "half-public"):
        name = f"{kind}.example.com"
        for url in (f"https://{name}/", f"http://{name}/"):
            assert await web.error(url) == f"denied: {name} leads to an address that is not public"


async def test_an_address_on_the_list_denies_instead_of_allowing(web: Web) -> None:
    port = await web.serve(hello)
    for entry in ("127.0.0.1", "[::1]", "localhost", "2130706433"):
        for url in (f"http://127.0.0.1:{port}/", f"http://localhost:{port}/", f"http://{NAME}:{port}/"):
            assert "denied: " in await web.error(url, f"http://{entry}:{port}", f"http://{NAME}:{port}")


async def test_an_empty_list_allows_nothing(web: Web) -> None:
    with pytest.raises(EgressError, match="may call no host") as denied:
        await web.broker.fetch(
            tenant="default",
            allow_hosts=(),
            request=OutboundRequest(url="https://api.example.com/"),
            deadline=Deadline.after(5),
        )
    assert denied.value.kind is Kind.DENIED


def redirecting(status: int, *locations: str) -> Handler:
    """A handler that sends ``/0`` to the first of *locations*, ``/1`` to the second, and answers anything else."""

    async def handler(request: http.Request) -> http.Response:
        step = request.path.removeprefix("/")
        if step.isdigit() and int(step) < len(locations):
            return http.Response(status=status, headers={"Location": locations[int(step)]}, text="moved")
        return await hello(request)

    return handler


async def redirected(web: Web, location: str, *allow_hosts: str, status: int = 302, **request: Any) -> tuple[str, ...]:
    """What comes of a redirect to *location*: the URL and the body, or the error."""
    port = await web.serve(redirecting(status, location))
    try:
        fetched = await web.fetch(f"http://{NAME}:{port}/0", f"http://{NAME}:{port}", *allow_hosts, **request)
    except EgressError as error:
        return (str(error),)
    return fetched.url, fetched.body.decode()


ELSEWHERE = [
    "https://169.254.169.254/latest/meta-data",
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://localhost/",
    f"http://{NAME}/",
    f"https://{OTHER_NAME}/",
    "file:///etc/passwd",
    "gopher://api.example.com/",
    "data:text/plain,x",
    f"http://user:pw@{NAME}/",
    "https://private.example.com/",
    "http://mixed.example.com/",
    f"//{OTHER_NAME}/",
]


async def test_a_redirect_leads_nowhere_that_the_rule_may_not_go(web: Web) -> None:
    for location in ELSEWHERE:
        outcome = await redirected(web, location, "private.example.com", "http://mixed.example.com")
        assert outcome[0].startswith("denied: "), (location, outcome)


async def test_a_redirect_to_a_listed_host_is_followed(web: Web) -> None:
    onward = await web.serve(hello)
    url = f"http://{OTHER_NAME}:{onward}/x"
    assert await redirected(web, url, f"http://{OTHER_NAME}:{onward}") == (url, "GET /x -")


async def test_credentials_are_not_sent_to_another_origin(web: Web) -> None:
    onward = await web.serve(hello)
    secret = (("Authorization", "Bearer secret"),)
    allowed = f"http://{OTHER_NAME}:{onward}"
    assert (await redirected(web, f"{allowed}/x", allowed, headers=secret))[1] == "GET /x -"
    assert (await redirected(web, "/x", headers=secret))[1] == "GET /x Bearer secret"


async def test_a_redirected_post_becomes_a_get_and_307_keeps_it(web: Web) -> None:
    assert (await redirected(web, "/x", method="POST", body=b"b"))[1] == "GET /x -"
    assert (await redirected(web, "/x", status=307, method="POST", body=b"b"))[1] == "POST /x -"


async def test_three_redirects_are_followed_and_a_fourth_is_not(web: Web) -> None:
    port = await web.serve(redirecting(302, "/1", "/2", "/3", "/4"))
    fetched = await web.fetch(f"http://{NAME}:{port}/1")
    assert (fetched.url, fetched.redirected) == (f"http://{NAME}:{port}/4", True)
    assert await web.error(f"http://{NAME}:{port}/0") == "denied: more than 3 redirects"


async def test_a_redirect_loop_ends(web: Web) -> None:
    port = await web.serve(redirecting(302, "/0"))
    assert await web.error(f"http://{NAME}:{port}/0") == "denied: more than 3 redirects"


async def test_a_rule_may_look_at_a_redirect_or_refuse_it(web: Web) -> None:
    port = await web.serve(redirecting(302, "http://169.254.169.254/"))
    seen = await web.fetch(f"http://{NAME}:{port}/0", redirect=Redirect.MANUAL)
    assert (seen.status, seen.redirected, seen.body) == (302, False, b"moved")
    assert dict(seen.headers)["location"] == "http://169.254.169.254/"
    assert "redirect mode is 'error'" in await web.error(f"http://{NAME}:{port}/0", redirect=Redirect.ERROR)


async def test_the_body_of_a_redirect_is_not_waited_for(web: Web) -> None:
    async def endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: http://{NAME}:{port}/\r\nContent-Length: 99999\r\n\r\n".encode())
        await asyncio.Event().wait()

    port = await web.serve(hello)
    raw = await web.serve_raw(endless)
    fetched = await web.fetch(f"http://{NAME}:{raw}/", f"http://{NAME}:{raw}", f"http://{NAME}:{port}")
    assert fetched.body == b"GET / -"
