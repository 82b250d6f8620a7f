"""A session as Redis keeps it, and a link that begins one. Neither holds a secret: only hashes are kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.codecs import Codec
from rulemint_shared.contract.records import Client


class Way(StrEnum):
    """The way in which somebody signed in."""

    CLIENT_CREDENTIALS = "client_credentials"
    LINK = "link"
    OIDC = "oidc"


class ClientHolder(msgspec.Struct, frozen=True, kw_only=True, tag="client"):
    """The client that a session acts for. The session ends with it."""

    client_id: str
    client_created_at_ms: int
    """Tells the client from a later one with its id."""
    secrets: tuple[str, ...]
    """Fingerprints of the client's secrets: the session ends when none of them is live."""
    scopes: tuple[str, ...]
    """The scopes at the beginning; the session never holds more."""


class PersonHolder(msgspec.Struct, frozen=True, kw_only=True, tag="person"):
    """A person that a provider of OpenID Connect told of. The session ends when the provider leaves the tenant."""

    provider: str
    issuer: str
    provider_client_id: str
    sub: str
    values: tuple[str, ...]
    """The values of the claim that gave scopes; what they give now, the tenant's settings say."""

    @property
    def client_id(self) -> str:
        """The name that stands in records where a client's id does; no client's id has a colon."""
        return f"oidc:{self.provider}:{self.sub}"


Holder = ClientHolder | PersonHolder


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signed in, on the server; the browser has a cookie that names it and proves it."""

    id: str
    secret_sha256: str
    way: Way
    subject: str
    """The name to show."""
    holder: Holder
    created_at_ms: int
    used_at_ms: int
    ends_at_ms: int
    """The end of its lifetime, used or not."""
    ip: str = ""
    user_agent: str = ""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """The rights of the caller that asked for a link."""

    holder: ClientHolder
    subject: str
    ends_at_ms: int
    """The session ends then at the latest: with the token that asked for the link."""


sessions: Codec[Session] = Codec(Session, name="console session")
links: Codec[Link] = Codec(Link, name="console link")


def holder_of(client: Client, *, scopes: Iterable[str], secret_name: str | None = None) -> ClientHolder:
    """*client* as the holder of *scopes*: by the secret of that name, or by any that is live now."""
    live = live_secrets(client)
    return ClientHolder(
        client_id=client.client_id,
        client_created_at_ms=client.created_at_ms,
        secrets=tuple(mark for name, mark in live if secret_name in {None, name}),
        scopes=tuple(scopes),
    )


def live_secrets(client: Client) -> list[tuple[str, str]]:
    """The names of the secrets that prove *client* now, each with its fingerprint."""
    now_ms = unix_ms()
    return [
        (secret.name, hashlib.sha256(secret.hash).hexdigest()[:32])
        for secret in client.secrets
        if secret.expires_at_ms is None or secret.expires_at_ms > now_ms
    ]


def sha256_of(text: str) -> str:
    """The hash under which a secret text is kept. It is 256 random bits, so that no slow hash is needed."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
