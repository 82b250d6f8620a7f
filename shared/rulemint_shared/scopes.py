"""Scope tokens, as clients ask for them and as rules return them (RFC 6749 §3.3)."""

from __future__ import annotations

import re

from rulemint_shared.host_contract import HOST_CONTRACT

MAX_SCOPES = 500
"""The scopes that one request may ask for, and one rule may return, at most."""
SCOPE_CHARACTER = HOST_CONTRACT.scope.character
MAX_SCOPE_CHARACTERS = HOST_CONTRACT.scope.characters
_SCOPE_TOKEN = re.compile(f"{SCOPE_CHARACTER}{{1,{MAX_SCOPE_CHARACTERS}}}")


def is_scope_token(text: str) -> bool:
    """Return whether *text* is a scope token of at most 256 characters."""
    return _SCOPE_TOKEN.fullmatch(text) is not None
