"""Everything that the token endpoint can refuse with.

::

    OAuthError
    ├── InvalidRequest             400  a parameter is missing, repeated or malformed
    │   ├── MissingGrantType       400
    │   ├── MissingAudience        400
    │   ├── LateRequest            408
    │   ├── RequestTooLarge        413
    │   └── UnsupportedMediaType   415
    │       └── UnsupportedCoding  415
    ├── InvalidClient              401  client authentication failed
    │   └── MissingClientId        401
    ├── UnauthorizedClient         400  the client may not ask for tokens in this way
    ├── TenantDisabled             403  nobody gets a token of this tenant
    ├── UnsupportedGrantType       400  not client_credentials
    ├── UnsupportedResponseType    400  there is no authorization flow (RFC 6749 §4.1.2.1)
    ├── InvalidTarget              400  no such API for this client (RFC 8707 §2)
    │   └── NoClientGrant          400  there is such an API, which this client may not ask for
    ├── SeveralTargets             400  more than one resource (RFC 8707 §2)
    ├── InvalidScope               400  a scope is malformed
    │   └── ScopeNotGranted        400  a scope that the client grant does not hold
    ├── TooManyRequests            429  more than a limit allows
    │   ├── Throttled              429  authentication failed too often
    │   └── QuotaExceeded          429  the client, its tenant or its address has had its tokens
    ├── AccessDenied               403  the client's rules said no
    │   └── PlainRefusal           403  without naming an OAuth error
    ├── ServerError                500  a rule said so, or we failed
    │   └── RuleFailed             500  a rule failed
    └── TemporarilyUnavailable     503  nobody could run the rules now
        └── RulePauses             503  and nobody shall, for a while

Each has a public half (``error``, ``description``: what to do) and a private half (``detail``: for our logs and the
exchange record only).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rulemint_gateway.limits.applicable_quotas import Limit, QuotaBy
from rulemint_gateway.limits.failed_authentication import Throttled as FailedTooOften
from rulemint_shared.contract.messages import FailureReason

_NOT_ALLOWED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
MAX_DESCRIPTION = 1_024


class OAuthError(Exception):
    """An error answer of the token endpoint (RFC 6749 §5.2)."""

    error = "server_error"
    status = 500
    retry_after_s: int | None = None
    headers: Mapping[str, str] = {}
    """Further ones of the answer."""
    uri: str | None = None
    """The ``error_uri``: a page about it."""

    def __init__(self, description: str, *, detail: str = "") -> None:
        super().__init__(detail or description)
        self.description = printable(description)
        self.detail = detail


class InvalidRequest(OAuthError):
    """A parameter is missing, repeated or malformed."""

    error, status = "invalid_request", 400


class MissingGrantType(InvalidRequest):
    """There is no grant_type."""


class MissingAudience(InvalidRequest):
    """There is neither an audience nor a resource."""


class LateRequest(InvalidRequest):
    """The body did not arrive in time."""

    status = 408


class RequestTooLarge(InvalidRequest):
    """The body is larger than we read."""

    status = 413


class UnsupportedMediaType(InvalidRequest):
    """The body is neither a form nor JSON."""

    status = 415


class UnsupportedCoding(UnsupportedMediaType):
    """The body's Content-Encoding is none that we read."""


class InvalidClient(OAuthError):
    """Client authentication failed."""

    error, status = "invalid_client", 401


class MissingClientId(InvalidClient):
    """There is no client_id, neither in the body nor as HTTP Basic."""


class UnauthorizedClient(OAuthError):
    """The client is known, and may not use this grant type."""

    error, status = "unauthorized_client", 400


class TenantDisabled(OAuthError):
    """The tenant issues no tokens."""

    error, status = "access_denied", 403


class UnsupportedGrantType(OAuthError):
    """The grant type is not client_credentials but *grant_type*."""

    error, status = "unsupported_grant_type", 400

    def __init__(self, description: str, *, grant_type: str) -> None:
        super().__init__(description)
        self.grant_type = grant_type


class UnsupportedResponseType(OAuthError):
    """Somebody wants an authorization flow, and there is none (RFC 6749 §4.1.2.1)."""

    error, status = "unsupported_response_type", 400


class InvalidTarget(OAuthError):
    """*audience* is no API that this client may ask for."""

    error, status = "invalid_target", 400

    def __init__(self, description: str, *, audience: str) -> None:
        super().__init__(description)
        self.audience = audience


class SeveralTargets(OAuthError):
    """Several resources were asked for, and a token here is for one (RFC 8707 §2)."""

    error, status = "invalid_target", 400


class NoClientGrant(InvalidTarget):
    """*audience* is an API, for which the client has no grant."""


class InvalidScope(OAuthError):
    """A scope is malformed."""

    error, status = "invalid_scope", 400


class ScopeNotGranted(InvalidScope):
    """*scopes*, with commas between them, were asked for, which the client grant does not hold."""

    def __init__(self, description: str, *, scopes: str) -> None:
        super().__init__(description)
        self.scopes = scopes


class TooManyRequests(OAuthError):
    """A limit is reached."""

    error, status = "too_many_requests", 429

    def __init__(self, description: str, *, retry_after_s: int) -> None:
        super().__init__(description)
        self.retry_after_s = retry_after_s


class Throttled(TooManyRequests):
    """Authentication failed too often from this address; the credentials were not looked at. It leaves no record."""

    def __init__(self, throttled: FailedTooOften, *, client_id: str = "") -> None:
        super().__init__(
            f"authentication failed too often from this address: try again in {throttled.retry_after_s} s",
            retry_after_s=throttled.retry_after_s,
        )
        self.throttled = throttled
        self.client_id = client_id
        """The client that was named, if there is one of that id."""


class QuotaExceeded(TooManyRequests):
    """The tokens of *limit* are used up, and it is enforced."""

    def __init__(self, limit: Limit, *, retry_after_s: int, headers: Mapping[str, str]) -> None:
        window = limit.window.removeprefix("per_")
        super().__init__(
            f"this {_OF_WHAT[limit.by]} has had its {limit.most} tokens of this {window}: "
            f"keep a token until it expires, or ask again in {retry_after_s} s",
            retry_after_s=retry_after_s,
        )
        self.headers = headers
        self.of_what = _OF_WHAT[limit.by].capitalize()


_OF_WHAT = {QuotaBy.CLIENT: "client", QuotaBy.TENANT: "tenant", QuotaBy.SOURCE: "address"}


class AccessDenied(OAuthError):
    """A rule refused."""

    error, status = "access_denied", 403


class PlainRefusal(AccessDenied):
    """A rule refused without naming an OAuth error, as in ``cb(new Error(message))``."""


class ServerError(OAuthError):
    """A rule said so, or we failed."""

    error, status = "server_error", 500


class RuleFailed(ServerError):
    """A rule failed, for *reason*."""

    def __init__(self, description: str, *, reason: FailureReason, detail: str) -> None:
        super().__init__(description, detail=detail)
        self.reason = reason


class TemporarilyUnavailable(OAuthError):
    """Nobody could run the rules now."""

    error, status = "temporarily_unavailable", 503

    def __init__(self, description: str, *, detail: str = "", retry_after_s: int = 1) -> None:
        super().__init__(description, detail=detail)
        self.retry_after_s = retry_after_s


class RulePauses(TemporarilyUnavailable):
    """A rule kept failing, and pauses: the tenant's logs say so, and the service's need not at each request."""


def printable(text: str) -> str:
    """*text* in the characters that an ``error_description`` may have (RFC 6749 §5.2), cut at 1,024.

    A double quote becomes a single one and a backslash a slash, so that a message stays readable.
    """
    text = text[:MAX_DESCRIPTION].replace('"', "'").replace("\\", "/")
    return _NOT_ALLOWED.sub("?", text)
