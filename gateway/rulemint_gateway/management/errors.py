"""Refusals of the management API.

::

    ManagementError
    ├── InvalidBodyError     400  a field is missing, malformed or unknown
    │   └── DoesNotLoadError      a host does not load the code
    ├── UnreadableError      400, 408, 415, 431  the request did not arrive whole, or in no form that we read
    ├── UnauthorizedError    401  no usable bearer token
    ├── ForbiddenError       403  the token lacks the scope, or the record may not be changed
    │   └── QuotaError            the tenant has as many as it may
    ├── NotFoundError        404
    ├── ConflictError        409  the name or identifier is taken
    │   └── RedCasesError         cases of the version do not hold
    ├── ChangedSinceError    412  the record is not what If-Match says
    ├── KeyReuseError        422  an Idempotency-Key came again with another body
    ├── TooManyError         429  the tenant has its quota already
    │   └── ThrottledError   429  authentication failed too often
    └── UnavailableError     503  the change could not be kept
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from rulemint_gateway.limits.failed_authentication import Throttled
from rulemint_gateway.management.error_positions import Position
from rulemint_shared.whole_text import plainly

MAX_NAMED_CASES = 5
"""Cases that a refusal names in its message. The list next to it has all."""


class ManagementError(Exception):
    """An error answer of the management API: what is wrong, where, and a code to test for."""

    status = 500
    title = "Internal Server Error"

    def __init__(self, message: str, *, code: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field


class InvalidBodyError(ManagementError):
    """A field of the body is missing, malformed or unknown; *field* names it."""

    status, title = 400, "Bad Request"

    def __init__(self, message: str, *, field: str | None = None, code: str = "invalid_body") -> None:
        super().__init__(plainly(message), code=code, field=field)


class DoesNotLoadError(InvalidBodyError):
    """A host does not load the code: it does not parse, a package is missing, it throws, or it is no rule."""

    def __init__(self, reason: str, at: Position, detail: str, *, field: str) -> None:
        """*detail* is what the host says, *at* what it says of the place."""
        super().__init__(f"The code does not load: {detail.partition(chr(10))[0]}", field=field, code="does_not_load")
        self.reason = reason
        self.at = at
        self.detail = detail


class UnreadableError(ManagementError):
    """The request did not arrive whole, or in no form that we read; *status* says which."""

    def __init__(self, message: str, *, status: HTTPStatus, code: str = "unreadable_request") -> None:
        super().__init__(message, code=code)
        self.status, self.title = status, status.phrase


class UnauthorizedError(ManagementError):
    """The bearer token is missing or cannot be used; *with_token* says that one came."""

    status, title = 401, "Unauthorized"

    def __init__(self, message: str, *, with_token: bool = True) -> None:
        super().__init__(message, code="invalid_token")
        self.with_token = with_token


class ForbiddenError(ManagementError):
    """The caller may not do this; a token with one of *scopes* may."""

    status, title = 403, "Forbidden"

    def __init__(self, message: str, *, code: str = "insufficient_scope", scopes: Sequence[str] = ()) -> None:
        super().__init__(message, code=code)
        self.scopes = scopes


class QuotaError(ForbiddenError):
    """The tenant has as much as it may, by its operator's *setting*."""

    def __init__(self, what: str, *, limit: str, setting: str) -> None:
        message = (
            "You reached the limit of entities of this type for this tenant: "
            f"{limit} {what}. Delete some, or have the operator raise {setting}"
        )
        super().__init__(message, code="too_many_entities")


class NotFoundError(ManagementError):
    """There is no such record."""

    status, title = 404, "Not Found"

    def __init__(self, noun: str, *, code: str, why: str = "") -> None:
        """Say *why* it may not be there, if that is not what anybody would think of."""
        super().__init__(f"The {noun} does not exist{why and f': {why}'}", code=code)


class ConflictError(ManagementError):
    """The record exists already."""

    status, title = 409, "Conflict"

    def __init__(self, message: str, *, field: str | None = None, code: str = "conflict") -> None:
        super().__init__(message, code=code, field=field)


class RedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case that does not hold, and what differs from what it expects."""

    name: str
    differences: list[str]


class RedCasesError(ConflictError):
    """Cases of a version that was to go live do not hold."""

    def __init__(self, red: Sequence[RedCase], *, of: int) -> None:
        """*red* are those of its *of* cases that do not hold."""
        first = "; ".join(f"{case.name}: {case.differences[0]}" for case in red[:MAX_NAMED_CASES])
        more = f"; and {len(red) - MAX_NAMED_CASES} more" if len(red) > MAX_NAMED_CASES else ""
        super().__init__(
            f"{len(red)} of {of} cases of the version do not hold, so it does not go live. {first}{more}. "
            "Change the rule or the cases; force=true deploys it all the same",
            field="cases",
            code="red_cases",
        )
        self.red = list(red)


class ChangedSinceError(ManagementError):
    """The record is not the one whose ETag the If-Match header holds (RFC 9110 §13.1.1)."""

    status, title = 412, "Precondition Failed"

    def __init__(self, what: str = "The record", *, field: str | None = None) -> None:
        message = f"{what} was changed since you read it: read it again"
        super().__init__(message, code="precondition_failed", field=field)


class KeyReuseError(ManagementError):
    """The Idempotency-Key was used for another body."""

    status, title = 422, "Unprocessable Content"

    def __init__(self) -> None:
        message = "This Idempotency-Key came with another body before: use a new key for a new request"
        super().__init__(message, code="idempotency_key_reused")


class TooManyError(ManagementError):
    """The tenant has its quota already."""

    status, title = 429, "Too Many Requests"

    def __init__(self, message: str, *, retry_after_s: int = 1) -> None:
        super().__init__(message, code="too_many_requests")
        self.retry_after_s = retry_after_s


class ThrottledError(TooManyError):
    """Authentication failed too often from this address; the token was not looked at."""

    def __init__(self, throttled: Throttled) -> None:
        message = f"Authentication failed too often from this address: try again in {throttled.retry_after_s} s"
        super().__init__(message, retry_after_s=throttled.retry_after_s)
        self.throttled = throttled


class UnavailableError(ManagementError):
    """The change could not be made now."""

    status, title = 503, "Service Unavailable"

    def __init__(self, message: str = "The change could not be stored: try again") -> None:
        super().__init__(message, code="unavailable")


class NotLoadedError(UnavailableError):
    """Nobody can tell whether a new version is good, and the call changes more than its text."""

    def __init__(self, why: str) -> None:
        """Go on with *why* after "the new version": ``could not be loaded, because …``."""
        super().__init__(
            f"The new version {why}, so nothing was changed. Try again; no_check=true makes the change all the same"
        )
