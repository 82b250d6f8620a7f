"""The grant types and their parameters. A grant declares here what proves who asks, so that no rule gets to see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rulemint_shared.contract.records import CLIENT_CREDENTIALS
from rulemint_shared.secrets.masking import without_secrets


@dataclass(frozen=True)
class GrantType:
    """One way to get a token."""

    name: str
    gty: str
    """Its name in a token's ``gty`` claim."""
    credentials: tuple[str, ...]
    """Parameters that prove something. No rule, record or log gets them, under any name."""
    parameters: tuple[str, ...]
    """Its other parameters. Rules see them."""


CLIENT_CREDENTIALS_GRANT = GrantType(
    name=CLIENT_CREDENTIALS,
    gty="client-credentials",
    credentials=("client_secret",),
    parameters=("client_id", "audience", "resource", "scope"),
)
GRANT_TYPES = {grant.name: grant for grant in (CLIENT_CREDENTIALS_GRANT,)}
CREDENTIALS = frozenset(name for grant in GRANT_TYPES.values() for name in grant.credentials)
"""The proofs of every grant: a client may send that of another grant by mistake."""
TEXT_PARAMETERS = (
    "grant_type",
    *dict.fromkeys(name for grant in GRANT_TYPES.values() for name in (*grant.parameters, *grant.credentials)),
)
"""These have to be texts, and are read before the client is known."""


def without_credentials(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return *parameters* as rules see them: without declared credentials, and at any depth without secret names."""
    return {name: value for name, value in without_secrets(parameters).items() if name not in CREDENTIALS}
