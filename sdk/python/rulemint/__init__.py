"""The names that a rule in Python may import from ``rulemint``, as a rule's host has them.

``rulemint.testing`` runs rules. It is no part of the contract: a rule that imports it does not load in a host.
"""

from rulemint._channel import CALLS as _CALLS
from rulemint._contract.fetch import Response, fetch_through
from rulemint._contract.refusals import AccessDenied, InvalidRequest, InvalidScope
from rulemint._contract.storage import Storage, StorageConflict, StorageError

__all__ = [
    "AccessDenied",
    "Client",
    "Context",
    "InvalidRequest",
    "InvalidScope",
    "Response",
    "Result",
    "Storage",
    "StorageConflict",
    "StorageError",
    "Webtask",
    "fetch",
]

Client = Context = Result = Webtask = dict
"""Types for annotations: the stub says more about each."""

fetch = fetch_through(_CALLS)
for _exported in (AccessDenied, InvalidRequest, InvalidScope, fetch):
    _exported.__module__ = "rulemint"


def __getattr__(name: str) -> object:
    """Say where what rules do not have is, because a rule that imports it from here would load in no host."""
    if name in {"load_rule", "run_rule"}:
        raise ImportError(f"a rule has no {name}; in a test: from rulemint.testing import {name}")
    raise AttributeError(f"module 'rulemint' has no attribute {name!r}")
