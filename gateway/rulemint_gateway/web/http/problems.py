"""Errors → answers. The only place that gives an error its HTTP form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.errors import (
    DoesNotLoadError,
    ForbiddenError,
    ManagementError,
    RedCase,
    RedCasesError,
    UnauthorizedError,
    UnavailableError,
)
from rulemint_gateway.oauth.errors import OAuthError, UnsupportedCoding, printable
from rulemint_gateway.stores.catalog.catalog import NoConfigurationError, TenantGoneError
from rulemint_gateway.stores.writing.config_store import StoreBusyError, StoreUnavailableError
from rulemint_gateway.web.http.client_gone import ClientGoneError, nobody_hears
from rulemint_gateway.web.http.unknown_paths import explained
from rulemint_gateway.web.http.whole_answer import WholeAnswer
from rulemint_shared.process.service_log import log_unexpected
from rulemint_shared.process.shortages import note_shortage

log = structlog.get_logger(__name__)

ACCEPTED_CODINGS = "gzip, deflate"
"""Of a body."""
BASIC_CHALLENGE = 'Basic realm="token", charset="UTF-8"'
"""The way in which a client of the token endpoint may log in (RFC 6749 §5.2, RFC 7617 §2.1)."""
NOTHING_LEFT = "The server has run out of a resource, which its log names: try again"
_BEARER_REALM = 'Bearer realm="management"'
NOT_READ = "The store could not be read: try again"
TOO_MANY_CHANGES = "Too many changes of this tenant wait: send fewer at once, or try again"
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Problem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A problem in the shape of Auth0's Management API."""

    status_code: int
    error: str
    """The words of the status."""
    message: str
    error_code: str | UnsetType = UNSET
    """To test for."""
    field: str | UnsetType = UNSET
    """Of the body or the query, if it is one."""
    reason: str | UnsetType = UNSET
    """Of code that does not load: as the outcome of a token request would name it."""
    file: str | UnsetType = UNSET
    line: int | UnsetType = UNSET
    """Of the code, counted from 1, as far as it is known. The column is counted from 1, too."""
    column: int | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    """All that the host says of the error."""
    cases: list[RedCase] | UnsetType = UNSET
    """Of a version that was to go live: those of its cases that do not hold."""


class OAuthProblem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A problem in the shape of RFC 6749 §5.2."""

    error: str
    error_description: str
    exchange_id: str | UnsetType = UNSET
    """The token request's record, if the answer is to one."""
    error_uri: str | UnsetType = UNSET


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def oauth_problem(error: OAuthError, *, exchange_id: str | None = None) -> WholeAnswer:
    """The error answer of the OAuth endpoints (RFC 6749 §5.2); only the public half of *error* is in it."""
    headers = {**NO_STORE, **error.headers}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.UNAUTHORIZED:  # curl --anyauth and Java's HttpClient send Basic once they are asked
        headers["WWW-Authenticate"] = BASIC_CHALLENGE
    if isinstance(error, UnsupportedCoding):
        headers["Accept-Encoding"] = ACCEPTED_CODINGS
    body = {"error": error.error, "error_description": error.description}
    if exchange_id is not None:
        headers["X-Request-Id"] = body["exchange_id"] = exchange_id
    if error.uri is not None:
        body["error_uri"] = error.uri
    headers["Content-Type"] = "application/json"
    return WholeAnswer(error.status, headers, msgspec.json.encode(body))


def management_problem(error: ManagementError) -> web.Response:
    """The error answer of everything else, in the shape of Auth0's Management API."""
    body = Problem(
        status_code=error.status,
        error=error.title,
        message=error.message,
        error_code=error.code,
        field=UNSET if error.field is None else error.field,
    )
    if isinstance(error, DoesNotLoadError):
        body = _with_place(body, error)
    if isinstance(error, RedCasesError):
        body = msgspec.structs.replace(body, cases=error.red)
    headers = dict(NO_STORE)
    if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        headers["WWW-Authenticate"] = _bearer_challenge(error)
    if error.status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        headers["Retry-After"] = str(getattr(error, "retry_after_s", 1))
    if error.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        headers["Accept-Encoding"] = ACCEPTED_CODINGS
    return json_answer(body, status=error.status, headers=headers)


def _with_place(problem: Problem, error: DoesNotLoadError) -> Problem:
    at = error.at
    known = {name: value for name, value in msgspec.structs.asdict(at).items() if name != "message" and value}
    return msgspec.structs.replace(problem, reason=error.reason, detail=error.detail, **known)


def _bearer_challenge(error: ManagementError) -> str:
    """The challenge of a refused call; a caller without any token is told no error (RFC 6750 §3, §3.1)."""
    match error:
        case UnauthorizedError(with_token=True):
            return f'{_BEARER_REALM}, error="invalid_token", error_description="{printable(error.message)}"'
        case ForbiddenError(scopes=scopes) if scopes:
            return f'{_BEARER_REALM}, error="insufficient_scope", scope="{" ".join(scopes)}"'
        case _:
            return _BEARER_REALM


def json_answer(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """*body* as JSON."""
    return encoded_answer(msgspec.json.encode(body), status=status, headers=headers)


def encoded_answer(body: bytes, *, status: int, headers: dict[str, str] | None = None) -> web.Response:
    """*body*, which is JSON already."""
    return web.Response(body=body, status=status, headers=headers, content_type="application/json")


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every exception that a handler lets through; no answer tells what the server knows."""
    try:
        return await handler(request)
    except ManagementError as error:
        return management_problem(error)
    except ClientGoneError:
        return nobody_hears()
    except (NoConfigurationError, StoreUnavailableError, TenantGoneError) as error:
        return management_problem(_without_records(request, error))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return http_problem(error, path=request.path)
    except Exception as error:  # noqa: BLE001  # the last resort
        return _unexpected(request, error)


def _unexpected(request: web.Request, error: Exception) -> web.Response:
    if note_shortage(error):
        return management_problem(UnavailableError(NOTHING_LEFT))
    log_unexpected(log, "a request failed", error, path=_path(request))
    return _plain_problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The request failed; the server's log says why")


def _without_records(
    request: web.Request, error: NoConfigurationError | StoreUnavailableError | TenantGoneError
) -> ForbiddenError | UnavailableError:
    """Explain why the records that the request is about cannot be had."""
    if isinstance(error, TenantGoneError):
        return ForbiddenError(error.public, code="inexistent_tenant")
    if isinstance(error, NoConfigurationError):
        return UnavailableError(error.public)
    reads = request.method in {"GET", "HEAD"}
    event = "the store could not be read" if reads else "a change could not be stored"
    log.warning(event, path=_path(request), error=str(error))
    if reads:
        return UnavailableError(NOT_READ)
    return UnavailableError(TOO_MANY_CHANGES) if isinstance(error, StoreBusyError) else UnavailableError()


def _path(request: web.Request) -> str:
    """The pattern of our path that it is; what the client put into it is the client's."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none of ours"


def http_problem(error: web.HTTPException, *, path: str = "") -> web.Response:
    """The answer to what aiohttp itself refuses; *path* is what was asked for."""
    match error:
        case web.HTTPNotFound():
            answer = _plain_problem(HTTPStatus.NOT_FOUND, explained(path))
            if "Vary" in error.headers:
                answer.headers["Vary"] = error.headers["Vary"]
            return answer
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            answer = _plain_problem(HTTPStatus.METHOD_NOT_ALLOWED, f"This path takes {allowed}")
            answer.headers["Allow"] = allowed
            return answer
        case web.HTTPExpectationFailed():
            return _plain_problem(HTTPStatus.EXPECTATION_FAILED, "The Expect header may hold 100-continue only")
        case _:
            return _plain_problem(HTTPStatus(error.status), HTTPStatus(error.status).phrase)


def _plain_problem(status: HTTPStatus, message: str) -> web.Response:
    return json_answer({"statusCode": int(status), "error": status.phrase, "message": message}, status=status)
