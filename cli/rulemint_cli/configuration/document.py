"""Define the format of a configuration file: everything of a tenant but its secrets. Unknown fields are refused.

A record in a file is whole: a field that it leaves out gets its default, even if the system has another value now.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from rulemint_shared.cases.format import MAX_KEPT_CASES, Case
from rulemint_shared.contract.records import (
    CLOSED,
    ErrorStyle,
    Isolation,
    Language,
    RuleLimits,
    SigningAlgorithm,
    TapeSampling,
)
from rulemint_shared.whole_text import whole

VERSION: Literal[1] = 1
MANAGEMENT = "@management"
"""Stands for the identifier of the tenant's management API, because that differs between systems."""

FromEnvironment = Annotated[
    str, Meta(pattern=whole(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", means="${NAME}, and set NAME in the environment"))
]
"""``${NAME}``, a variable of the environment, because a secret is never in the file."""
Kept = dict[str, Any]
"""Auth0's fields that have no effect here, by their names in the management API."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One mapping in the file."""


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """Return *record* as a file has it: without fields that have their default."""
    values = {field.name: (getattr(record, field.name), _default_of(field)) for field in msgspec.structs.fields(record)}
    return {name: plain_value(value) for name, (value, default) in values.items() if value != default}


def plain_value(value: Any) -> Any:
    """Return the value of one field as a file has it."""
    if isinstance(value, msgspec.Struct):
        return plain(value)
    if isinstance(value, list):
        return [plain_value(each) for each in value]
    return msgspec.to_builtins(value)


def _default_of(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


class Settings(Part, frozen=True, kw_only=True):
    """The settings of the tenant."""

    error_style: ErrorStyle = ErrorStyle.RFC6749
    default_audience: str = ""
    tapes: TapeSampling | None = None
    """None: as the operator's settings say."""
    kept: Kept = {}


class Scope(Part, frozen=True, kw_only=True):
    """A scope that an API defines."""

    value: str
    description: str = ""


class ResourceServer(Part, frozen=True, kw_only=True):
    """An API, identified by its identifier."""

    identifier: str
    name: str = ""
    """Default: the identifier."""
    scopes: list[Scope] = []
    signing_alg: SigningAlgorithm = SigningAlgorithm.RS256
    signing_secret: FromEnvironment | None = None
    """The secret for HS256, used when the API is created. Without one the system makes its own."""
    token_lifetime: int = 86_400
    """In seconds."""
    enforce_grant_scopes: bool = False
    kept: Kept = {}


class Client(Part, frozen=True, kw_only=True):
    """A client, identified by its client_id, or by its name without one."""

    name: str
    client_id: str | None = None
    description: str = ""
    client_metadata: dict[str, str] = {}
    grant_types: list[str] | None = None
    token_endpoint_auth_method: str | None = None
    client_secret: FromEnvironment | None = None
    """Used when the client is created. Without one the system makes its own."""
    kept: Kept = {}


class ClientGrant(Part, frozen=True, kw_only=True):
    """An API that a client may ask for, identified by client and audience."""

    client: str
    """The client's client_id or name."""
    audience: str
    scope: list[str] = []
    allow_all_scopes: bool = False
    kept: Kept = {}


class Limits(RuleLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of a rule. A limit that is left out has the runner's default."""


class Rule(Part, frozen=True, kw_only=True):
    """A rule, identified by its name."""

    name: str
    script_file: str | None = None
    """The script's path, from the folder of the file. Give this or `script`."""
    script: str | None = None
    language: Language | None = None
    """Default: from the suffix of `script_file`, else JavaScript."""
    order: int | None = None
    """The place in the flow. Default: its place now, or last."""
    enabled: bool = True
    allow_hosts: list[str] = []
    isolation: Isolation = Isolation.WARM
    limits: Limits = Limits()
    dependencies: dict[str, str] = {}
    clients: list[str] = []
    """The client_ids or names of the clients."""
    audiences: list[str] = []
    description: str = ""
    secrets: dict[str, FromEnvironment] = {}
    cases: Annotated[list[Case], Meta(max_length=MAX_KEPT_CASES)] = []
    """Its cases (docs/cases.md). A client of the tenant is named by its client_id or name."""
    locked: bool = False
    on_failure: str = CLOSED


class Document(Part, frozen=True, kw_only=True):
    """The whole file."""

    rulemint: Literal[1]
    """The version of the format."""
    settings: Settings | None = None
    """Default: the settings stay as they are."""
    resource_servers: list[ResourceServer] = []
    clients: list[Client] = []
    client_grants: list[ClientGrant] = []
    rules: list[Rule] = []
