"""The two SDKs of the Model Context Protocol, unchanged: each discovers the issuer and asks for a token by itself."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import jwt
import pytest
from aiohttp import web

from fixtures.management import ApiClient, Management
from fixtures.node import NodeFolder

if TYPE_CHECKING:
    from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

pytestmark = pytest.mark.timeout(300)


@dataclass
class Resource:
    """A server that protects ``/mcp`` and says who issues tokens for it (RFC 9728)."""

    issuer: str
    url: str = ""
    tokens: list[str] = field(default_factory=list)

    async def metadata(self, _request: web.Request) -> web.Response:
        return web.json_response({"resource": self.url, "authorization_servers": [self.issuer]})

    async def protected(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            self.tokens.append(token)
            return web.Response(text="welcome")
        return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})


@pytest.fixture
async def resource(management: Management) -> AsyncIterator[Resource]:
    made = Resource(management.admin["issuer"])
    application = web.Application()
    application.router.add_get("/.well-known/oauth-protected-resource/mcp", made.metadata)
    application.router.add_get("/mcp", made.protected)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/mcp"
    yield made
    await runner.cleanup()


@pytest.fixture
async def client(management: Management, resource: Resource) -> ApiClient:
    """One that may ask for tokens for the resource."""
    await management.create("resource-servers", {"identifier": resource.url})
    made = await management.create("clients", {"name": "an agent"})
    grant = {"client_id": made["client_id"], "audience": resource.url, "scope": []}
    await management.create("client-grants", grant)
    return ApiClient(made["client_id"], made["client_secret"], resource.url)


class Forgetful:
    """Keeps a token as long as one test runs."""

    tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        raise AssertionError(f"{client_info.client_id} was registered, and it is known already")


def audience_of(token: str) -> str:
    audience: str = jwt.decode(token, options={"verify_signature": False})["aud"]
    return audience


async def test_the_python_sdk_gets_in(management: Management, resource: Resource, client: ApiClient) -> None:
    # It takes a second to import, which each process that collects this file would spend.
    from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider

    login = ClientCredentialsOAuthProvider(
        server_url=resource.url,
        storage=Forgetful(),
        client_id=client.client_id,
        client_secret=client.client_secret,
        issuer=management.admin["issuer"],
    )
    async with httpx2.AsyncClient(auth=login) as session:
        answer = await session.get(resource.url)
    assert (answer.status_code, answer.text) == (200, "welcome")
    assert [audience_of(token) for token in resource.tokens] == [resource.url]


async def test_the_node_sdk_gets_a_token(resource: Resource, client: ApiClient, oauth_folder: NodeFolder) -> None:
    shutil.copy(Path(__file__).parent / "mcp_sdk.mjs", oauth_folder.path)
    done = await asyncio.to_thread(
        oauth_folder.run,
        "mcp_sdk.mjs",
        SERVER=resource.url,
        ISSUER=resource.issuer,
        CLIENT_ID=client.client_id,
        CLIENT_SECRET=client.client_secret,
    )
    assert done.returncode == 0, done.stdout
    seen = json.loads(done.stdout)
    assert seen["result"] == "AUTHORIZED"
    assert audience_of(seen["token"]) == resource.url
