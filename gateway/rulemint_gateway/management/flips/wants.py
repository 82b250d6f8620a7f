"""Something that a token request did not bring, and a flip is to: a token, a claim, a scope."""

from __future__ import annotations

from typing import Literal, NamedTuple

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.tapes.replay_answers import ReplayedResult
from rulemint_gateway.tokens.claims import REGISTERED
from rulemint_shared.scopes import is_scope_token

_Kind = Literal["token", "claim", "scope"]


class Want(NamedTuple):
    """One thing that the token request did not bring."""

    kind: _Kind
    name: str = ""

    @property
    def text(self) -> str:
        """As it is asked for: ``token``, ``claim:limit``."""
        return f"{self.kind}:{self.name}" if self.name else self.kind

    def is_met(self, result: ReplayedResult) -> bool:
        """Tell whether *result* has it."""
        if result.outcome != "granted":
            return False
        match self.kind:
            case "token":
                return True
            case "claim":
                return self.name in result.claims
            case "scope":
                return self.name in result.scope


def want_of(text: str) -> Want:
    """Read what is asked for: ``token``, ``claim:NAME`` or ``scope:NAME``.

    Raises:
        InvalidBodyError: it is none of these, or what no rule can bring.
    """
    kind, _, name = text.partition(":")
    if kind == "token" and not name:
        return Want("token")
    if kind == "claim" and name:
        if name in REGISTERED:
            raise InvalidBodyError(
                f"No rule sets {name}, because each token has its own: ask for another claim", field="want"
            )
        return Want("claim", name)
    if kind == "scope" and name:
        if not is_scope_token(name):
            raise InvalidBodyError(f"Ask for one scope, without blanks: {name[:64]} is none", field="want")
        return Want("scope", name)
    raise InvalidBodyError("Ask for token, claim:NAME or scope:NAME", field="want")
