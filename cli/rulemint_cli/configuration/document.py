"""What a configuration file says: all of a tenant but its secrets. An unknown field is refused by its name.

A record in a file is whole: what it leaves out is at its default, not as it happens to be.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from rulemint_shared.records import ErrorStyle, Isolation, Language, RuleLimits, SigningAlgorithm

VERSION: Literal[1] = 1
MANAGEMENT = "@management"
"""Stands for the identifier of the tenant's management API, which differs from system to system."""

FromEnvironment = Annotated[str, Meta(pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")]
"""``${NAME}``: a secret is never in the file."""
Kept = dict[str, Any]
"""Fields of Auth0's that have no effect here, by their names in the management API."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One mapping of the file."""


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """*record* as a file has it: without what is at its default."""
    values = {field.name: (getattr(record, field.name), _default_of(field)) for field in msgspec.structs.fields(record)}
    return {name: plain_value(value) for name, (value, default) in values.items() if value != default}


def plain_value(value: Any) -> Any:
    """One field of such a record."""
    if isinstance(value, msgspec.Struct):
        return plain(value)
    if isinstance(value, list):
        return [plain_value(each) for each in value]
    return msgspec.to_builtins(value)


def _default_of(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


class Settings(Part, frozen=True, kw_only=True):
    """How the tenant answers."""

    error_style: ErrorStyle = ErrorStyle.RFC6749
    default_audience: str = ""
    kept: Kept = {}


class Scope(Part, frozen=True, kw_only=True):
    """What an API defines."""

    value: str
    description: str = ""


class ResourceServer(Part, frozen=True, kw_only=True):
    """An API; known by its identifier."""

    identifier: str
    name: str = ""
    """By default its identifier."""
    scopes: list[Scope] = []
    signing_alg: SigningAlgorithm = SigningAlgorithm.RS256
    signing_secret: FromEnvironment | None = None
    """Of HS256, for when the API is made; without one the system makes its own."""
    token_lifetime: int = 86_400
    """Seconds."""
    enforce_grant_scopes: bool = False
    kept: Kept = {}


class Client(Part, frozen=True, kw_only=True):
    """A client; known by its client_id, without one by its name."""

    name: str
    client_id: str | None = None
    description: str = ""
    client_metadata: dict[str, str] = {}
    grant_types: list[str] | None = None
    token_endpoint_auth_method: str | None = None
    client_secret: FromEnvironment | None = None
    """For when the client is made; without one the system makes its own."""
    kept: Kept = {}


class ClientGrant(Part, frozen=True, kw_only=True):
    """What a client may ask for; known by both."""

    client: str
    """Its client_id or its name."""
    audience: str
    scope: list[str] = []
    allow_all_scopes: bool = False
    kept: Kept = {}


class Limits(RuleLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of a rule; one that is left out is the runner's default."""


class Rule(Part, frozen=True, kw_only=True):
    """A rule; known by its name."""

    name: str
    script_file: str | None = None
    """A path beside the file; this or `script`."""
    script: str | None = None
    language: Language | None = None
    """By default what the suffix of `script_file` says, else JavaScript."""
    order: int | None = None
    """Left out: where it is, or last."""
    enabled: bool = True
    allow_hosts: list[str] = []
    isolation: Isolation = Isolation.WARM
    limits: Limits = Limits()
    dependencies: dict[str, str] = {}
    clients: list[str] = []
    """Their client_ids or names."""
    audiences: list[str] = []
    secrets: dict[str, FromEnvironment] = {}


class Document(Part, frozen=True, kw_only=True):
    """The whole file."""

    rulemint: Literal[1]
    """The version of the format."""
    settings: Settings | None = None
    """Left out: as they are."""
    resource_servers: list[ResourceServer] = []
    clients: list[Client] = []
    client_grants: list[ClientGrant] = []
    rules: list[Rule] = []
