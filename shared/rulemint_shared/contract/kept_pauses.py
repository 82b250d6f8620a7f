"""The pause of a rule as gateways keep it for each other, so that a list of rules shows it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rulemint_shared.contract.messages import MAX_PAUSE_REASON


class KeptPause(msgspec.Struct, frozen=True, kw_only=True):
    """A rule pauses for one client or for all, as a gateway heard from a runner."""

    rule_id: str
    version: int
    secrets_revision: int
    client_id: str
    """Empty: for all."""
    until_ms: Annotated[int, msgspec.Meta(ge=0)]
    why: Annotated[str, msgspec.Meta(max_length=MAX_PAUSE_REASON)]
    resumed_at_ms: int = 0
    """The time of the last resumption of the rule that the pause began after; a later one ends it."""
    client_resumed_at_ms: int = 0
    """The same, of the client."""
