"""The management call under way: who makes it, what must hold for its write, and what is committed with it.

A context variable carries it past the use cases. So none of them can forget whose change it is, and a precondition
holds in the very transaction that writes, in every use case.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass

from msgspec import UNSET, UnsetType


@dataclass
class Once:
    """A create that must not be done twice: its key in Redis, and what stands there before and after the write."""

    key: str
    begun: bytes
    committed: bytes
    is_committed: bool = False


@dataclass
class Call:
    """One call, from the moment that its bearer token was found good."""

    tenant: str
    client_id: str
    client_name: str = ""
    ip: str = ""
    user_agent: str = ""
    method: str = ""
    path: str = ""
    precondition: Callable[[], Awaitable[None]] | None = None
    """Raises what the call is refused with. The first write of the call needs it, and no later one."""
    once: Once | None = None
    no_check: bool = False
    """True: versions that it makes go live without having been loaded or tested."""
    force: bool = False
    """True: versions that it makes go live although their cases do not hold."""
    scopes: frozenset[str] = frozenset()
    """The scopes of its token."""
    warning: str = ""
    """A text that the caller has to know besides the answer."""

    @property
    def is_own(self) -> bool:
        """True if it is the gateway itself that changes something."""
        return not self.client_id


CALL: ContextVar[Call | None] = ContextVar("call", default=None)
"""None where nobody called: at the start of a gateway, or when a token needs a tenant's first key."""


def warning() -> str | UnsetType:
    """Return the warning of the call under way, if there is one."""
    call = CALL.get()
    return UNSET if call is None or not call.warning else call.warning


def own_call(tenant: str) -> Call:
    """The caller that changes *tenant* if nobody called: the gateway by itself. No client has an empty client_id."""
    return Call(
        tenant=tenant, client_id="", client_name="gateway", user_agent=f"rulemint-gateway ({socket.gethostname()})"
    )
