"""Providers that are slow, or that answer for another one: what signing in at them holds up, and takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from bench.free_ports import free_port

from rulemint_gateway.management.errors import UnavailableError
from rulemint_gateway.web.sign_in.oidc.fetching import CONNECTIONS, open_provider_client
from rulemint_gateway.web.sign_in.oidc.flow import MAX_UNDER_WAY, CodeFlow, Returned
from rulemint_gateway.web.sign_in.oidc.id_tokens import IdTokenError
from rulemint_gateway.web.sign_in.oidc.pending import begun
from rulemint_shared.contract.oidc_providers import OidcProvider

BACK = "https://id.example.com/console/oidc/callback"


@dataclass
class SlowProvider:
    """It describes itself at once, and answers no code until it is let go."""

    issuer: str
    says_iss: bool = False
    asked: int = 0
    go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def settings(self) -> OidcProvider:
        return OidcProvider(name="work", issuer=self.issuer, client_id="c", secret=b"", claim="groups")

    async def describe(self, _request: web.Request) -> web.Response:
        ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        paths = {end: f"{self.issuer}/{end}" for end in ends}
        told = {"authorization_response_iss_parameter_supported": self.says_iss}
        return web.json_response({"issuer": self.issuer, **paths, **told})

    async def keys(self, _request: web.Request) -> web.Response:
        return web.json_response({"keys": []})

    async def token(self, _request: web.Request) -> web.Response:
        self.asked += 1
        await self.go.wait()
        return web.json_response({"id_token": "none"})


@asynccontextmanager
async def a_slow_provider(*, says_iss: bool = False) -> AsyncIterator[SlowProvider]:
    port = free_port()
    provider = SlowProvider(f"http://localhost:{port}", says_iss)
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.describe)
    app.router.add_get("/jwks_uri", provider.keys)
    app.router.add_post("/token_endpoint", provider.token)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "localhost", port).start()
    try:
        yield provider
    finally:
        provider.go.set()
        await runner.cleanup()


async def signing_in(flow: CodeFlow, provider: SlowProvider, tenant: str, *, iss: str = "") -> None:
    pending = begun(tenant, "work")
    await flow.person(provider.settings, pending, Returned("a-code", iss), secret="a secret", redirect_uri=BACK)


async def test_a_slow_provider_of_one_tenant_holds_up_no_other_tenant() -> None:
    async with (
        a_slow_provider() as slow,
        a_slow_provider() as other,
        open_provider_client([slow.issuer, other.issuer]) as client,
    ):
        flow = CodeFlow(client)
        tries = [asyncio.create_task(signing_in(flow, slow, "slow")) for _ in range(2 * CONNECTIONS)]
        done, waiting = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
        while len(waiting) > MAX_UNDER_WAY:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        assert {type(each.exception()) for each in done} == {UnavailableError}
        address = await flow.address(other.settings, begun("other", "work"), redirect_uri=BACK)
        assert address.startswith(other.issuer)
        slow.go.set()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        assert {type(each) for each in ended} == {IdTokenError}
        assert slow.asked == MAX_UNDER_WAY
        with pytest.raises(IdTokenError):  # those that have ended leave their places
            await signing_in(flow, slow, "slow")


@pytest.mark.parametrize("iss", ["", "https://another.example"])
async def test_a_way_back_without_the_name_of_its_provider_is_refused_where_each_has_it(iss: str) -> None:
    """Or else the code may be another provider's, and goes to the wrong one (RFC 9207 §2.4)."""
    async with a_slow_provider(says_iss=True) as provider, open_provider_client([provider.issuer]) as client:
        with pytest.raises(IdTokenError, match="another provider"):
            await signing_in(CodeFlow(client), provider, "default", iss=iss)
        assert provider.asked == 0


async def test_the_name_of_another_provider_is_refused_where_none_is_needed() -> None:
    async with a_slow_provider() as provider, open_provider_client([provider.issuer]) as client:
        with pytest.raises(IdTokenError, match="another provider"):
            await signing_in(CodeFlow(client), provider, "default", iss="https://another.example")
        assert provider.asked == 0
