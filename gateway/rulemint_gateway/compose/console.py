"""Makes the sessions of the console, and the handlers of what is asked about them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

from rulemint_gateway.compose.configuration import Configuration
from rulemint_gateway.compose.traffic import Traffic
from rulemint_gateway.management.console_sessions.links import ConsoleLinks
from rulemint_gateway.management.console_sessions.providers import Providers
from rulemint_gateway.management.console_sessions.sessions import Sessions
from rulemint_gateway.oauth.client_authentication import ClientAuthenticator
from rulemint_gateway.oauth.guarded_authentication import GuardedAuthentication
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_gateway.stores.sessions.links import Links
from rulemint_gateway.stores.sessions.session_audit import SessionAudit
from rulemint_gateway.stores.sessions.session_store import Lifetimes, SessionStore
from rulemint_gateway.web.management.console_sessions.links import ConsoleLinkHandlers
from rulemint_gateway.web.management.console_sessions.providers import ProviderHandlers
from rulemint_gateway.web.management.console_sessions.sessions import SessionHandlers
from rulemint_gateway.web.routes import ConsolePaths
from rulemint_gateway.web.sign_in.client_secrets import ClientSecretSignIn
from rulemint_gateway.web.sign_in.oidc.fetching import open_provider_client
from rulemint_gateway.web.sign_in.oidc.flow import CodeFlow
from rulemint_gateway.web.sign_in.oidc.handlers import OidcHandlers, Parts
from rulemint_gateway.web.sign_in.session import SessionHandler, WaysToSignIn
from rulemint_gateway.web.sign_in.ways import WaysHandler
from rulemint_shared.streams.entries import StreamBounds


@dataclass(frozen=True)
class Console:
    """The server's part of the console."""

    sessions: Sessions
    paths: ConsolePaths


async def open_console(
    stack: AsyncExitStack, settings: GatewaySettings, known: Configuration, traffic: Traffic
) -> Console:
    """Make it, with the client that asks providers of OpenID Connect."""
    lifetimes = Lifetimes(idle_s=settings.console_idle, whole_s=settings.console_lifetime)
    audit = SessionAudit(known.redis, StreamBounds(settings.audited_calls_kept, settings.audit_bytes))
    sessions = Sessions(SessionStore(known.redis, lifetimes), audit)
    links = ConsoleLinks(Links(known.redis))
    authenticator = GuardedAuthentication(ClientAuthenticator(known.vault), traffic.failed)
    ways = WaysToSignIn(ClientSecretSignIn(authenticator), links)
    providers = Providers(known.catalog, known.store, known.vault)
    client = await stack.enter_async_context(open_provider_client(settings.private_origins()))
    parts = Parts(sessions, providers, CodeFlow(client), known.vault, traffic.refused)
    paths = ConsolePaths(
        session=SessionHandler(known.catalog, sessions, ways),
        sessions=SessionHandlers(known.catalog, sessions),
        links=ConsoleLinkHandlers(known.catalog, links),
        providers=ProviderHandlers(known.catalog, providers),
        ways=WaysHandler(known.catalog, providers),
        oidc=OidcHandlers(known.catalog, parts),
    )
    return Console(sessions, paths)
