"""Make a rule's inputs of what a test gives, checked as the gateway checks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rulemint._contract.bounds import MAX_METADATA, META
from rulemint._contract.masking import without_secrets
from rulemint._contract.scopes import MAX_SCOPES, is_scope_token

TEST_CLIENT = {"tenant": "default", "id": "test-client", "name": "Test client", "metadata": {}}
AUDIENCE = "https://api.example.com/"
MAX_METADATA_CHARACTERS = 255


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The token request that a rule decides about."""

    client: dict[str, Any]
    scope: list[str]
    grant_scope: list[str]
    scope_ceiling: list[str] | None
    secrets: dict[str, str]
    claims: dict[str, Any]
    run: dict[str, Any]
    """The frame that a host gets."""

    def load_frame(self, result_bytes: int) -> dict[str, Any]:
        """The frame that a host is loaded with, without the text."""
        return {"secrets": self.secrets, "meta": META, "result_bytes": result_bytes}


def inputs_of(
    *,
    client: Mapping[str, Any] | str | None,
    metadata: Mapping[str, str] | None,
    scope: Sequence[str],
    grant_scope: Sequence[str] | None,
    enforce_grant_scopes: bool,
    secrets: Mapping[str, str] | None,
    claims: Mapping[str, Any] | None,
    request: Mapping[str, Any],
) -> Inputs:
    """Check what a test gives.

    Raises:
        ValueError: something is not as a gateway would have it; the text names the field and what it should be.
    """
    seen, scopes = _client(client, metadata), _scopes("scope", scope)
    granted = scopes if grant_scope is None else _scopes("grant_scope", grant_scope)
    audience, body = request["audience"], request["body"]
    if body is None:
        body = {"grant_type": "client_credentials", "client_id": seen["id"], "audience": audience}
        body |= {"scope": " ".join(scopes)} if scopes else {}
    headers = {name.lower(): value for name, value in _texts("headers", request["headers"]).items()}
    run = {
        "client": seen,
        "scope": list(scopes),
        "audience": audience,
        "context": {"ip": request["ip"], "userAgent": request["user_agent"], "body": without_secrets(body)},
        "request": {
            "id": "exc_test",
            "headers": without_secrets(headers),
            "query": without_secrets(_texts("query", request["query"])),
            "hostname": request["hostname"],
            "requested_scopes": list(scopes),
            "geoip": {},
        },
        "claims": dict(claims or {}),
    }
    return Inputs(
        client=seen,
        scope=scopes,
        grant_scope=granted,
        scope_ceiling=granted if enforce_grant_scopes else None,
        secrets=_texts("secrets", secrets),
        claims=dict(claims or {}),
        run=run,
    )


def _client(given: Mapping[str, Any] | str | None, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    client = {"id": given} if isinstance(given, str) else dict(given or {})
    unknown = [name for name in client if name not in TEST_CLIENT]
    if unknown:
        raise ValueError(f"client has no {unknown[0]!r}; it has id, name, metadata and tenant")
    if metadata is not None and "metadata" in client:
        raise ValueError("give the metadata once: in client, or as metadata=")
    made = {**TEST_CLIENT, **({} if metadata is None else {"metadata": metadata}), **client}
    for name in ("id", "name", "tenant"):
        if not isinstance(made[name], str):
            raise ValueError(f"client.{name} must be a text, not {_kind(made[name])}")
    made["metadata"] = _texts("client.metadata", made["metadata"])
    if len(made["metadata"]) > MAX_METADATA:
        raise ValueError(f"client.metadata has {len(made['metadata'])} entries; a client may have {MAX_METADATA}")
    for name, value in made["metadata"].items():
        if len(name) > MAX_METADATA_CHARACTERS or len(value) > MAX_METADATA_CHARACTERS:
            raise ValueError(f"client.metadata.{name[:40]} is longer than {MAX_METADATA_CHARACTERS} characters")
    return made


def _scopes(field: str, given: Sequence[str]) -> list[str]:
    if isinstance(given, str):
        raise ValueError(f"{field} must be a list of texts: {given.split()!r}, not {given!r}")
    scopes = list(dict.fromkeys(given))
    wrong = [scope for scope in map(str, scopes) if not is_scope_token(scope)]
    if wrong:
        raise ValueError(f"{field} holds {wrong[0]!r}, which is no scope")
    if len(scopes) > MAX_SCOPES:
        raise ValueError(f"{field} has {len(scopes)} entries, {MAX_SCOPES} are allowed")
    return scopes


def _texts(field: str, given: Mapping[str, str] | None) -> dict[str, str]:
    if not isinstance(given or {}, Mapping):
        raise ValueError(f"{field} must be texts by name, not {_kind(given)}")
    for name, value in (given or {}).items():
        if not isinstance(value, str):
            raise ValueError(f"{field}.{name} must be a text, not {_kind(value)}; a rule only ever gets texts there")
    return dict(given or {})


def _kind(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} ({value!r})"[:80]
