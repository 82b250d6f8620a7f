"""The parameters of an operation: in its path, its query and its headers."""

from __future__ import annotations

import re
from typing import Any

from rulemint_gateway.auth0.trigger import TRIGGER
from rulemint_gateway.oauth.failure_policy import STALE_HEADER
from rulemint_gateway.web.http.idempotency import HEADER, KEY_PATTERN, MAX_KEY
from rulemint_gateway.web.http.loading import FORCE, NO_CHECK, WARNING
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.openapi.schemas import Schemas

_ID = {"type": "string", "minLength": 1}
_IN_PATHS: dict[str, tuple[dict[str, Any], str]] = {
    "id": (_ID, "The id of the record; an API's may also be its identifier, a tenant's is its name"),
    "kid": (_ID, "The id of the key"),
    "name": (_ID, "The name of the secret"),
    "number": ({"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "The number of the version"),
    "trigger": ({"type": "string", "enum": [TRIGGER]}, "The trigger; there is one"),
}
_IN_QUERIES = {
    "fields": "Only these fields, with commas between them",
    "include_fields": "false: all but these fields",
    "page": "The number of the page; the first is 0",
    "per_page": "How many entries a page has",
    "include_totals": "true: an object with the totals, not a bare list",
    "take": "How many entries there are between two checkpoints",
    "from": "Where to go on, or to begin",
    "to": "Where to end",
    "day": "The day (UTC), as YYYYMMDD; today unless it is given",
    "last": "How many minutes, of which the last one is not over yet",
    "sort": "The newest first, or the oldest",
    "tail": "Begin with so many records of the past",
    "since": "Begin at this time (RFC 3339, or ms since the epoch)",
    "after": "Begin behind this record",
    "before": "End before the record with this id; with tail: the last of those before it",
    "follow": "false: end after the records that there are already",
    "ticket": "A ticket instead of a token",
    "rule": "Records of this rule",
    "client_id": "Records or tapes of this client's invocations",
    "rule_id": "Tapes of flows with this rule",
    "audience": "Records of invocations for this API",
    "invocation": "Records of this invocation: the X-Request-Id of its token request",
    "type": "Records of this type",
    "outcome": "Endings or token requests with this outcome; failed and (of exchanges) refused stand for all of theirs",
    "id": "The id, or at least 8 characters of its end",
    "jti": "Of the token that was issued",
    "until": "What began before this time (RFC 3339, or ms since the epoch)",
    "contains": "Records with this text in their message, in capitals or not",
    "level": "Records of at least this level",
    "force": "true: also if it is bound",
    "triggerId": "Actions of this trigger",
    "actionName": "Actions with this name",
    "deployed": "true: actions that were deployed; false: those that were not",
    "installed": "true: actions of a marketplace, of which there are none",
    "grace_s": "Seconds for which the tenant can be restored; after them it is gone",
    "dry_run": "true: delete nothing, and say what would be deleted",
}
_DIGITS = {"type": "string", "pattern": "^[0-9]+$"}
HEADERS: dict[str, Any] = {
    "ETag": {"description": "Of the record; for If-Match", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "true: this is the answer that the first request with the key got",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Link": {"description": "Where to go on (rel=next)", "schema": {"type": "string"}},
    "RateLimit-Limit": {"description": "Tokens of the quota that leaves least, if there is one", "schema": _DIGITS},
    "RateLimit-Remaining": {"description": "How many of them are left", "schema": _DIGITS},
    "RateLimit-Reset": {"description": "Seconds until there are as many again", "schema": _DIGITS},
    "Retry-After": {"description": "Seconds to wait", "schema": _DIGITS},
    STALE_HEADER: {
        "description": "Rules failed, and the token is made of their answer of so many seconds ago",
        "schema": _DIGITS,
    },
    WARNING: {"description": "Why a new version is only a draft", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to prove who you are", "schema": {"type": "string"}},
    "X-Request-Id": {"description": "The id of the exchange, of which there is a record", "schema": {"type": "string"}},
}


def path_parameters(operation: Operation) -> list[dict[str, Any]]:
    """Those in braces."""
    names = re.findall(r"{(\w+)}", operation.path)
    return [_parameter("path", name, *_IN_PATHS[name]) for name in names]


def query_parameters(operation: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    """The fields of its query, and its filters, each of which may come several times."""
    fields = {} if operation.query is None else schemas.query(operation.query)
    parameters = [_parameter("query", name, schema, _IN_QUERIES[name]) for name, schema in fields.items()]
    if operation.loads:
        meaning = "true: a new version goes live without a host having loaded it; the log of the tenant says so"
        parameters.append(_parameter("query", NO_CHECK, {"type": "boolean"}, meaning))
        meaning = "true: a new version goes live although cases of it do not hold; the log of the tenant says so"
        parameters.append(_parameter("query", FORCE, {"type": "boolean"}, meaning))
    for name in operation.filters:
        value = {"type": "string", "enum": ["true", "false"]} if name in operation.flags else {"type": "string"}
        schema = {"type": "array", "items": value}
        parameters.append(_parameter("query", name, schema, "Only with one of these values"))
    return parameters


def header_parameters(operation: Operation) -> list[dict[str, Any]]:
    """``If-Match`` and ``Idempotency-Key``, where they have a meaning."""
    parameters = []
    if operation.if_match:
        meaning = "The ETag that the record must have; * is any"
        parameters.append(_parameter("header", "If-Match", {"type": "string"}, meaning))
    if operation.idempotent:
        key = {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": KEY_PATTERN}
        meaning = "Of your choice; sent again within a day, the request is done once"
        parameters.append(_parameter("header", HEADER, key, meaning))
    return parameters


def _parameter(place: str, name: str, schema: dict[str, Any], meaning: str) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": name, "in": place, "schema": schema}
    if place == "path":
        parameter["required"] = True
    return parameter | {"description": meaning} if meaning else parameter
