"""A provider that describes itself wrongly, leads elsewhere, or answers too much is not believed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from bench.free_ports import free_port

from rulemint_gateway.web.sign_in.oidc import discovery as discoveries
from rulemint_gateway.web.sign_in.oidc.discovery import Discovery
from rulemint_gateway.web.sign_in.oidc.fetching import MAX_ANSWER_BYTES, ProviderError, open_provider_client
from rulemint_shared.contract.oidc_providers import OidcProvider

DESCRIPTION, KEYS = "/.well-known/openid-configuration", "/keys"


@dataclass
class Hostile:
    """A server that answers what a test says."""

    port: int
    description: dict[str, Any]
    answers: dict[str, web.Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def provider(self) -> OidcProvider:
        return OidcProvider(name="p", issuer=self.issuer, client_id="c", secret=b"", claim="groups")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path in self.answers:
            return self.answers[request.path]
        return web.json_response(self.description if request.path == DESCRIPTION else {"keys": []})


@asynccontextmanager
async def serving() -> AsyncIterator[Hostile]:
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    endpoints = {"authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token"}
    hostile = Hostile(port, {"issuer": issuer, **endpoints, "jwks_uri": f"{issuer}{KEYS}"})
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", hostile.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield hostile
    finally:
        await runner.cleanup()


@pytest.fixture
async def hostile() -> AsyncIterator[Hostile]:
    async with serving() as served:
        yield served


@pytest.fixture
async def discovery(hostile: Hostile) -> AsyncIterator[Discovery]:
    async with open_provider_client([hostile.issuer]) as client:
        yield Discovery(client)


async def test_a_provider_is_asked_once_for_many_sign_ins(hostile: Hostile, discovery: Discovery) -> None:
    known = await discovery.of(hostile.provider)
    assert known.description.token_endpoint == f"{hostile.issuer}/token"
    for _ in range(5):
        await discovery.of(hostile.provider, newer_than_s=known.asked_at_s)  # it was asked just now
    assert hostile.asked == [DESCRIPTION, KEYS]


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "place", ["https://evil.example/x", "http://127.0.0.1:6379/", "http://127.0.0.1/x", "file:///x"]
)
async def test_an_endpoint_elsewhere_is_not_asked(
    hostile: Hostile, discovery: Discovery, name: str, place: str
) -> None:
    hostile.description[name] = place
    with pytest.raises(ProviderError):
        await discovery.of(hostile.provider)
    assert hostile.asked == [DESCRIPTION]


async def test_another_issuer_than_the_settings_name_is_refused(hostile: Hostile, discovery: Discovery) -> None:
    hostile.description["issuer"] = "https://accounts.example.com"
    with pytest.raises(ProviderError, match="names another issuer"):
        await discovery.of(hostile.provider)


async def test_a_redirect_is_not_followed(hostile: Hostile, discovery: Discovery) -> None:
    async with serving() as inside:
        moved = web.Response(status=302, headers={"Location": f"{inside.issuer}{DESCRIPTION}"})
        hostile.answers[DESCRIPTION] = moved
        with pytest.raises(ProviderError, match="answers 302"):
            await discovery.of(hostile.provider)
        assert inside.asked == []


WRONG = {
    "an answer that is too long": web.Response(text=f'{{"issuer": "{"x" * MAX_ANSWER_BYTES}"}}'),
    "no JSON": web.Response(text="<html>"),
    "nested without an end": web.Response(text="[" * 100_000),
    "a list": web.Response(text="[]"),
    "half of what is needed": web.Response(text="{}"),
    "bytes that are no text": web.Response(body=b"\xff\xfe"),
    "an error": web.Response(status=500, text="{}"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_an_answer_that_is_no_description_is_refused_and_not_asked_for_again_at_once(
    hostile: Hostile, discovery: Discovery, name: str
) -> None:
    wrong = WRONG[name]
    hostile.answers[DESCRIPTION] = web.Response(body=wrong.body, status=wrong.status)
    for _ in range(3):
        with pytest.raises(ProviderError):
            await discovery.of(hostile.provider)
        hostile.answers.pop(DESCRIPTION, None)
    assert hostile.asked == [DESCRIPTION]


async def test_new_keys_are_asked_for_when_the_known_ones_are_not_new(
    hostile: Hostile, discovery: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discoveries, "ASK_AGAIN_S", 0.0)
    known = await discovery.of(hostile.provider)
    newer = await discovery.of(hostile.provider, newer_than_s=known.asked_at_s)
    assert newer.asked_at_s > known.asked_at_s
    assert hostile.asked == [DESCRIPTION, KEYS] * 2
