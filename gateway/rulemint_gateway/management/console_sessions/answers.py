"""Bodies and answers about sessions."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.nouns.fields import ScopeValues
from rulemint_gateway.stores.sessions.links import MAX_LINK_LENGTH
from rulemint_gateway.stores.sessions.records import Session
from rulemint_shared.clock import rfc3339_ms

_Text = Annotated[str, Meta(min_length=1, max_length=1_024)]


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /console/api/session``: a client's id and secret, or a link."""

    client_id: _Text | UnsetType = UNSET
    client_secret: _Text | UnsetType = UNSET
    tenant: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    """The tenant that the caller means; the host of the request decides, and both must agree."""
    link: Annotated[str, Meta(min_length=1, max_length=MAX_LINK_LENGTH)] | UnsetType = UNSET
    """The text after ``#link=`` of a link that `rulemint console` printed."""


class CreateLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /console-links``."""

    scopes: ScopeValues | UnsetType = UNSET
    """The scopes that the session shall have; all that the caller has, if it is left out."""


class LinkAnswer(Answer, frozen=True, kw_only=True):
    """A link, which signs in once, within ``expires_in`` seconds."""

    url: str
    token: str
    """The text after ``#link=``."""
    expires_in: int


class ProviderToStart(Answer, frozen=True, kw_only=True):
    """A provider of OpenID Connect, and the path to send a browser to."""

    name: str
    start: str


class WaysAnswer(Answer, frozen=True, kw_only=True):
    """The ways to sign in."""

    oidc: list[ProviderToStart]
    client_credentials: bool


class SessionAnswer(Answer, frozen=True, kw_only=True):
    """The session of the caller, and the scopes that it holds now."""

    id: str
    tenant: str
    subject: str
    client_id: str
    """Of a person: ``oidc:``, the provider's name, and the person's ``sub`` there."""
    way: str
    """``client_credentials``, ``link`` or ``oidc``."""
    scopes: list[str]
    expires_at: Moment
    idle_seconds: int
    """It also ends when nothing has used it for so long."""


class ListedSession(Answer, frozen=True, kw_only=True):
    """One session of the tenant."""

    id: str
    subject: str
    client_id: str
    way: str
    scopes: list[str]
    created_at: Moment
    last_used_at: Moment
    """A minute old at most."""
    expires_at: Moment
    ip: str
    user_agent: str
    current: bool
    """It is the caller's own."""


def session_answer(tenant: str, session: Session, scopes: tuple[str, ...], *, idle_s: int) -> SessionAnswer:
    """The session as its owner sees it."""
    return SessionAnswer(
        id=session.id,
        tenant=tenant,
        subject=session.subject,
        client_id=session.holder.client_id,
        way=str(session.way),
        scopes=list(scopes),
        expires_at=rfc3339_ms(session.ends_at_ms),
        idle_seconds=idle_s,
    )


def listed_session(session: Session, scopes: tuple[str, ...], *, own_id: str) -> ListedSession:
    """The session as others see it."""
    return ListedSession(
        id=session.id,
        subject=session.subject,
        client_id=session.holder.client_id,
        way=str(session.way),
        scopes=list(scopes),
        created_at=rfc3339_ms(session.created_at_ms),
        last_used_at=rfc3339_ms(session.used_at_ms),
        expires_at=rfc3339_ms(session.ends_at_ms),
        ip=session.ip,
        user_agent=session.user_agent,
        current=session.id == own_id,
    )
