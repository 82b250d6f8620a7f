"""What a rule in Python may import from ``rulemint``, and the types of what it gets; for editors and type checkers."""

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
    """The document was not read or written; the text says why."""

class StorageConflict(StorageError):
    """The document was changed since it was read; ``conflict`` is what it is now."""

    conflict: Any

class Storage:
    """One document of JSON, 500 KiB at most, which lives as long as the rule."""

    def get(self) -> Any:
        """The document; None if there is none."""

    def set(self, data: object, *, force: bool = False) -> None:
        """Replace the document that was read or written last, or with ``force`` whatever there is; None: by nothing.

        Raises:
            StorageConflict: there is another one.
        """

class Webtask(TypedDict):
    """The rule's secrets and storage, and more of the request."""

    id: str
    secrets: dict[str, str]
    meta: dict[str, str]
    headers: dict[str, str]
    query: dict[str, str]
    storage: Storage

class Context(TypedDict):
    """The token request; ``body`` is its parameters without credentials, ``claims`` what the rules before have set."""

    ip: str
    userAgent: str  # the contract's name
    body: dict[str, Any]
    claims: dict[str, Any]
    webtask: Webtask

Result: TypeAlias = Mapping[str, Any]
"""Claims by name; ``scope``, a list of texts, replaces the scopes."""

class Response:
    """An answer of another service; names of headers are in lower case, ``url`` is the one after redirects."""

    status: int
    ok: bool
    headers: dict[str, str]
    body: bytes
    url: str
    redirected: bool

    def text(self) -> str:
        """The body as text."""

    def json(self) -> Any:
        """The body, parsed as JSON."""

def fetch(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    json: object = None,
    redirect: Literal["follow", "manual", "error"] = "follow",
) -> Response:
    """Call *url*, whose host must be in the rule's ``allow_hosts``.

    Raises:
        OSError: there was no answer; the text says why.
    """
