"""The body of ``POST /rules/try``: a rule, and the request that it is to be tried on."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.clients.bodies import MAX_METADATA
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.fields import (
    AllowHosts,
    ClientId,
    Dependencies,
    Identifier,
    MetadataKey,
    MetadataValue,
    RuleName,
    ScopeValues,
    Script,
    SecretName,
    SecretValue,
)
from rulemint_gateway.management.rules.bodies import Limits
from rulemint_gateway.management.rules.secrets import MAX_SECRETS
from rulemint_shared.cases.format import Expected
from rulemint_shared.contract.records import Isolation, Language
from rulemint_shared.contract.travelling import check_travels

MAX_BODY_BYTES = 64 * 1024

Sent = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=128)], Annotated[str, Meta(max_length=2_048)]],
    Meta(max_length=64),
]


class InlineClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client that need not exist."""

    id: ClientId
    name: Annotated[str, Meta(max_length=200)] = ""
    metadata: Annotated[dict[MetadataKey, MetadataValue], Meta(max_length=MAX_METADATA)] = {}


class Context(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The token request, in the words in which rules see it."""

    ip: Annotated[str, Meta(max_length=64)] = "127.0.0.1"
    user_agent: Annotated[str, Meta(max_length=512)] = ""
    headers: Sent = {}
    query: Sent = {}
    hostname: Annotated[str, Meta(max_length=255)] = ""
    body: dict[str, Any] | None = None
    """Without it, what a client would have sent that asks for just this."""


class TryRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``script``, or a stored rule by ``rule_id``; what is given next to that replaces what the stored one has.

    With ``flow``, all rules run that a token request of this client for this API meets. A rule that is given takes the
    place of the stored one with its ``rule_id`` or ``name``, or comes last.
    """

    client: ClientId | InlineClient
    script: Script | UnsetType = UNSET
    rule_id: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET
    version: Annotated[int, Meta(ge=1, lt=2**31)] | UnsetType = UNSET
    """Of the stored rule; without it the one that runs now."""
    name: RuleName | UnsetType = UNSET
    """The script's name in errors."""
    language: Language | UnsetType = UNSET
    audience: Identifier | UnsetType = UNSET
    """Without it, that of the client's first client grant."""
    scope: ScopeValues | UnsetType = UNSET
    """Without it, all that the client grant holds."""
    context: Context = Context()
    secrets: Annotated[dict[SecretName, SecretValue], Meta(max_length=MAX_SECRETS)] | UnsetType = UNSET
    """Without them, those of the stored rule."""
    allow_hosts: AllowHosts | UnsetType = UNSET
    isolation: Isolation | UnsetType = UNSET
    """Taken as in a rule, and of no effect: each trial has a process of its own."""
    limits: Limits | UnsetType = UNSET
    dependencies: Dependencies | UnsetType = UNSET
    flow: bool = False
    """Run the whole flow, each rule on what the one before left."""
    expect: Expected | UnsetType = UNSET
    """As in a case: the answer then says what differs."""


def check_body(body: TryRule) -> None:
    """Refuse what no field alone shows.

    Raises:
        InvalidBodyError: it names no rule, a context that cannot travel, or expects nothing or what cannot be.
    """
    if body.expect is not UNSET and (problem := body.expect.problem()):
        raise InvalidBodyError(f"expect: {problem}", field="expect")
    if body.flow:
        _check_rule_of_flow(body)
        _check_fits(body)
    else:
        check_rule(body)
    if body.context.body is not None:
        _check_parameters(body.context.body)


def check_address(body: TryRule) -> None:
    """Refuse an address that no token request has. Cases that are kept may have one: they are of earlier days.

    Raises:
        InvalidBodyError: it is none. Empty stands for a caller whose address is not known.
    """
    if body.context.ip:
        try:
            ip_address(body.context.ip)
        except ValueError:
            message = "The ip is not an IP address such as 192.0.2.1 or 2001:db8::7"
            raise InvalidBodyError(message, field="context.ip") from None


def check_rule(body: TryRule) -> None:
    """Refuse a body that names no rule, or fields of it that do not fit each other.

    Raises:
        InvalidBodyError: the text says which.
    """
    if body.script is UNSET and body.rule_id is UNSET:
        raise InvalidBodyError("Send a script or the rule_id of a stored rule", field="script")
    _check_fits(body)


def _check_fits(body: TryRule) -> None:
    if body.version is not UNSET and (body.script is not UNSET or body.rule_id is UNSET):
        raise InvalidBodyError("A version belongs to a rule_id", field="version")
    for field in ("name",) if body.script is not UNSET else ("language", "name"):
        if body.rule_id is not UNSET and getattr(body, field) is not UNSET:
            raise InvalidBodyError(f"A stored rule has its own {field}", field=field)


def _check_rule_of_flow(body: TryRule) -> None:
    """Refuse parts of a rule if there is no rule that they are of."""
    if body.script is not UNSET or body.rule_id is not UNSET:
        return
    for field in ("name", "language", "secrets", "allow_hosts", "isolation", "limits", "dependencies"):
        if getattr(body, field) is not UNSET:
            raise InvalidBodyError(f"The {field} of which rule? Send its script or its rule_id too", field=field)


def _check_parameters(parameters: dict[str, Any]) -> None:
    """A token request is no larger, and MessagePack can carry it."""
    try:
        check_travels(parameters)
    except ValueError as error:
        raise InvalidBodyError(f"The body has {error}", field="context.body") from None
    if len(msgspec.json.encode(parameters)) > MAX_BODY_BYTES:
        raise InvalidBodyError(f"The body is larger than {MAX_BODY_BYTES} bytes", field="context.body")
