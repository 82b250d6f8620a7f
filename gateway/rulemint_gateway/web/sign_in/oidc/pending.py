"""A sign-in between its two halves: what the browser carries to the provider and back, closed with the master key.

It is in a cookie, so that those who begin a million sign-ins fill no memory but their own. The cookie is Lax, because
the way back begins at the provider's site.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.codecs import Codec, DecodeError
from rulemint_shared.secrets.vault import Purpose, Vault, VaultError

COOKIE = "__Host-rulemint-sign-in"
LASTS_S = 600
MAX_COOKIE = 4_000
_Text = Annotated[str, Meta(max_length=128)]


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """The values that the way back is compared with."""

    tenant: str
    provider: str
    state: _Text
    nonce: _Text
    verifier: _Text
    ends_at_ms: int


_codec: Codec[Pending] = Codec(Pending, name="sign-in under way")


def begun(tenant: str, provider: str) -> Pending:
    """A new one; each of its values is 256 random bits."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Pending(
        tenant=tenant,
        provider=provider,
        state=state,
        nonce=nonce,
        verifier=verifier,
        ends_at_ms=unix_ms() + LASTS_S * 1_000,
    )


def hand_out(response: web.StreamResponse, pending: Pending, vault: Vault) -> None:
    """Have the browser keep *pending*, which it cannot read."""
    text = vault.encrypt(_codec.encode(pending), purpose=Purpose.SIGN_INS).decode()
    response.set_cookie(COOKIE, text, path="/", secure=True, httponly=True, samesite="Lax", max_age=LASTS_S)


def forget(response: web.StreamResponse) -> None:
    """Have the browser forget it."""
    response.set_cookie(COOKIE, "", path="/", secure=True, httponly=True, samesite="Lax", max_age=0)


def brought_back(request: web.Request, vault: Vault, *, tenant: str) -> Pending | None:
    """The sign-in that the browser of *request* began in *tenant*, and whose state the provider returned; else None."""
    text = request.cookies.get(COOKIE, "")
    if not text or len(text) > MAX_COOKIE:
        return None
    try:
        pending = _codec.decode(vault.decrypt(text.encode(errors="replace"), purpose=Purpose.SIGN_INS))
    except (VaultError, DecodeError):
        return None
    state = request.query.get("state", "").encode(errors="replace")
    is_same = hmac.compare_digest(pending.state.encode(), state)
    return pending if is_same and pending.tenant == tenant and pending.ends_at_ms > unix_ms() else None
