# Made by sdk/derive.py of cli/rulemint_cli/rules/editor_types/rulemint.pyi: change that, and run `make sdk`.
"""Names that a rule in Python may import from ``rulemint``, and types of its parameters; for editors."""

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypedDict

class AccessDenied(Exception):
    """403 ``access_denied``, with the message as its description."""

class InvalidScope(AccessDenied):
    """400 ``invalid_scope``."""

class InvalidRequest(AccessDenied):
    """400 ``invalid_request``."""

class Client(TypedDict):
    """The client that asks for a token."""

    tenant: str
    id: str
    name: str
    metadata: dict[str, str]

class StorageError(Exception):
    """The document could not be read or written. The text says why."""

class StorageConflict(StorageError):
    """The document was changed since it was read. ``conflict`` is the document as it is now."""

    conflict: Any

class Storage:
    """One document of JSON, 500 KiB at most. It lives as long as the rule."""

    def get(self) -> Any:
        """Return the document, or None if there is none."""

    def set(self, data: object, *, force: bool = False) -> None:
        """Replace the document. None deletes it. With ``force``, replace it even if it was changed since it was read.

        Raises:
            StorageConflict: the document was changed since it was read.
        """

class Webtask(TypedDict):
    """The rule's secrets and storage, and more about the request."""

    id: str
    secrets: dict[str, str]
    meta: dict[str, str]
    headers: dict[str, str]
    query: dict[str, str]
    storage: Storage

class Context(TypedDict):
    """The token request. ``body`` has its parameters without credentials; ``claims`` has those of earlier rules."""

    ip: str
    userAgent: str  # the contract's name
    body: dict[str, Any]
    claims: dict[str, Any]
    webtask: Webtask

Result: TypeAlias = Mapping[str, Any]
"""Claims by name. ``scope``, a list of texts, replaces the scopes."""

class Response:
    """The answer of another service. Names of headers are in lower case; ``url`` is the address after redirects."""

    status: int
    ok: bool
    headers: dict[str, str]
    body: bytes
    url: str
    redirected: bool

    def text(self) -> str:
        """Return the body as text."""

    def json(self) -> Any:
        """Return the body, parsed as JSON."""

def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    json: object = None,
    redirect: Literal["follow", "manual", "error"] = "follow",
    timeout: float | None = None,
) -> Response:
    """Call *url*, whose host must be in the rule's ``allow_hosts``. Give up after *timeout* seconds.

    Raises:
        OSError: there was no answer. The text says why. `TimeoutError`, an `OSError`: none came in time.
    """
