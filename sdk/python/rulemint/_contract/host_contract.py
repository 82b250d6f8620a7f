# Made by sdk/derive.py of shared/rulemint_shared/host_contract.py: change that, and run `make sdk`.
"""Read what the services and the host programs of all languages keep to, from the one file that says it.

``host_contract.json`` is read here, by Python's host and by JavaScript's. A host program keeps to it out of courtesy:
what it sends is checked again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

HOST_CONTRACT_FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class CallBounds:
    """A call of a rule to another service."""

    url_characters: int
    headers: int
    header_name_characters: int
    header_value_characters: int
    head_bytes: int
    """Of a request that a library of the rule writes, up to its body."""
    body_bytes: int
    timeout_ms: int


@dataclass(frozen=True)
class CallErrors:
    """Codes of calls that fail."""

    prefix: str
    """Of codes for what a rule may not do. Libraries do not try again after them."""
    forbidden_host: str
    forbidden_header: str
    too_large: str
    unsupported: str
    timed_out: str
    connect_timed_out: str


@dataclass(frozen=True)
class CacheBounds:
    """The cache of an action."""

    records: int
    key_bytes: int
    value_bytes: int
    bytes: int
    """Of all keys and values together."""
    ttl_ms: int


@dataclass(frozen=True)
class DrawBounds:
    """Draws from its machine of which a host tells in one invocation."""

    draw_bytes: int
    """Of one draw; a longer one is told of in parts."""
    count: int
    bytes: int
    """Of all draws together, as frames carry them."""
    load_count: int
    load_bytes: int
    """The same of what a rule's module draws while it is loaded, as bytes."""


@dataclass(frozen=True)
class ScopeForm:
    """One scope: a class of regular expressions for its characters, and how many it may have."""

    character: str
    characters: int


@dataclass(frozen=True)
class HostContract:
    """The whole of ``host_contract.json``. Numbers are the most that there may be; their names end with the unit."""

    packet_bytes: int
    """Of what goes to a host: as much as it reads at once."""
    line_characters: int
    text_characters: int
    """Of why a rule failed."""
    document_bytes: int
    """Of the JSON of a rule's storage."""
    call: CallBounds
    call_errors: CallErrors
    cache: CacheBounds
    draws: DrawBounds
    scope: ScopeForm
    over: str
    """Said to what asks for something after its invocation."""


def _read() -> HostContract:
    """The file's content; a name too many or too few is an error at once."""
    given = json.loads(HOST_CONTRACT_FILE.read_bytes())
    parts = {
        "call": CallBounds,
        "call_errors": CallErrors,
        "cache": CacheBounds,
        "draws": DrawBounds,
        "scope": ScopeForm,
    }
    return HostContract(**{**given, **{name: part(**given[name]) for name, part in parts.items()}})


HOST_CONTRACT = _read()
