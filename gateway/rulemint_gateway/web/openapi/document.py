"""`Operation`s → one OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from rulemint_gateway.management.tenants.setup import MANAGEMENT_SCOPES, OPERATOR_SCOPES
from rulemint_gateway.web.http.bodies import JSON
from rulemint_gateway.web.http.loading import WARNING
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.openapi.parameters import HEADERS, header_parameters, path_parameters, query_parameters
from rulemint_gateway.web.openapi.schemas import Schemas, answer_example, body_example
from rulemint_shared import __version__

OAUTH = "clientCredentials"
BASIC = "clientSecretBasic"
DESCRIPTION = (
    "Tokens, discovery, live logs and management of one tenant. Paths, field names and errors of `/api/v2` are those "
    "of Auth0's Management API for what exists here."
)
_HEADERS_OF_PROBLEMS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document, for a service at the place that it was read from."""
    schemas = Schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Rulemint", "version": __version__, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(operation.tag for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "headers": HEADERS,
            "securitySchemes": _security_schemes("/"),
        },
    }


def at_issuer(described: dict[str, Any], issuer: str) -> dict[str, Any]:
    """The document for the tenant of *issuer*, which ends with a slash."""
    components = {**described["components"], "securitySchemes": _security_schemes(issuer)}
    return {**described, "servers": [{"url": issuer.rstrip("/")}], "components": components}


def statuses_of_problems(operation: Operation) -> list[int]:
    """With which statuses the operation can refuse, for what it takes and for what it says itself."""
    follows = {
        400: operation.body is not None or operation.query is not None or operation.idempotent,
        401: bool(operation.scopes),
        403: bool(operation.scopes),
        404: "{" in operation.path and not (operation.method == "DELETE" and operation.body is None),
        409: operation.idempotent,
        412: operation.if_match,
        414: operation.query is not None,
        422: operation.idempotent,
        429: bool(operation.scopes),
        503: bool(operation.scopes),
    }
    return sorted({status for status, does in follows.items() if does} | set(operation.refusals))


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "security": _security(operation),
        "parameters": [
            *path_parameters(operation),
            *query_parameters(operation, schemas),
            *header_parameters(operation),
        ],
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": not operation.body_is_optional,
            "content": {
                media: _media(schemas.of(operation.body), body_example(operation)) for media in operation.bodies
            },
        }
    described["responses"] = {str(operation.status): _answer(operation, schemas)} | {
        str(status): _problem(operation, status, schemas) for status in statuses_of_problems(operation)
    }
    return described


def _answer(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    names = [*operation.headers, *(["ETag"] if operation.etag else [])]
    names += ["Idempotent-Replayed"] if operation.idempotent else []
    names += [WARNING] if operation.loads else []
    answer: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if names:
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if operation.answer is not None:
        first, *others = operation.answers
        answer["content"] = {first: _media(schemas.answer(operation), answer_example(operation, first))}
        answer["content"] |= {media: _media({"type": "string"}, answer_example(operation, media)) for media in others}
    return answer


def _problem(operation: Operation, status: int, schemas: Schemas) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {JSON: {"schema": schemas.of(operation.problem)}},
    }
    if status == HTTPStatus.BAD_REQUEST:  # an address that is too long is refused before it comes to us
        problem["content"]["text/plain"] = {"schema": {"type": "string"}}
    header = _HEADERS_OF_PROBLEMS.get(status)
    return problem if header is None else problem | {"headers": {header: {"$ref": f"#/components/headers/{header}"}}}


def _media(schema: dict[str, Any], example: Any) -> dict[str, Any]:
    return {"schema": schema} if example is None else {"schema": schema, "example": example}


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.basic:
        return [{}, {BASIC: []}]
    if operation.any_scope:
        return [{OAUTH: [scope]} for scope in operation.scopes]
    return [{OAUTH: list(operation.scopes)}] if operation.scopes else []


def _security_schemes(issuer: str) -> dict[str, Any]:
    scopes = {scope: _meaning(scope) for scope in MANAGEMENT_SCOPES + OPERATOR_SCOPES}
    flow = {"tokenUrl": f"{issuer}oauth/token", "scopes": scopes}
    return {
        OAUTH: {
            "type": "oauth2",
            "description": "An access token for the tenant's management API, whose audience is its issuer with api/v2/",
            "flows": {"clientCredentials": flow},
        },
        BASIC: {"type": "http", "scheme": "basic", "description": "A client's id and secret"},
    }


def _meaning(scope: str) -> str:
    verb, _, noun = scope.partition(":")
    return f"{verb.capitalize()} {re.sub('_', ' ', noun)}"
