"""Refusals word for word as Auth0's token endpoint gives them, for callers that test for it.

A tenant has them by its setting ``error_style``. What Auth0 has no words for stays as it is. Its words for an audience
tell a client which APIs there are; RFC 6749's do not, and are the default.
"""

from __future__ import annotations

from typing import NamedTuple

from rulemint_gateway.oauth import errors
from rulemint_gateway.oauth.errors import OAuthError
from rulemint_shared.contract.messages import FailureReason

_FAILURES = {
    FailureReason.TIMEOUT: "Request to Webtask exceeded allowed execution time",
    FailureReason.SYNTAX: "Unable to compile the extensibility code as javascript",
    FailureReason.BAD_RESULT: "Error when JSON serializing the result of the extension point",
    FailureReason.EXCEPTION: "Script generated an unhandled synchronous exception.",
}


class _Row(NamedTuple):
    status: int
    error: str
    words: str
    uri: str | None = None


_ROWS: dict[type[OAuthError], _Row] = {
    errors.PlainRefusal: _Row(500, "server_error", "{0.description}"),
    errors.MissingGrantType: _Row(400, "invalid_request", "Missing required parameter: grant_type"),
    errors.UnsupportedGrantType: _Row(403, "unsupported_grant_type", "Unsupported grant type: {0.grant_type}"),
    errors.UnauthorizedClient: _Row(
        403,
        "unauthorized_client",
        "Grant type 'client_credentials' not allowed for the client.",
        "https://auth0.com/docs/clients/client-grant-types",
    ),
    errors.MissingClientId: _Row(401, "invalid_client", "Missing client_id"),
    errors.InvalidClient: _Row(401, "access_denied", "Unauthorized"),
    errors.MissingAudience: _Row(403, "access_denied", "Non-global clients are not allowed access to APIv1"),
    errors.InvalidTarget: _Row(403, "access_denied", "Service not enabled within domain: {0.audience}"),
    errors.NoClientGrant: _Row(
        403,
        "access_denied",
        (
            'Client is not authorized to access "{0.audience}". You might probably want to create a "client-grant" '
            "associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants"
        ),
    ),
    errors.QuotaExceeded: _Row(429, "too_many_requests", "{0.of_what} quota exceeded"),
    errors.ScopeNotGranted: _Row(403, "access_denied", "Client has not been granted scopes: {0.scopes}"),
}


class _Auth0Error(OAuthError):
    """One row of Auth0's table; its words are not bound to RFC 6749's characters."""

    def __init__(self, refusal: OAuthError, status: int, error: str, description: str, uri: str | None = None) -> None:
        super().__init__(description, detail=refusal.detail or refusal.description)
        self.status = status
        self.error = error
        self.description = description[: errors.MAX_DESCRIPTION]
        self.retry_after_s = refusal.retry_after_s
        self.headers = refusal.headers
        self.uri = uri


def in_auth0_style(refusal: OAuthError) -> OAuthError:
    """*refusal* as Auth0 words it."""
    if isinstance(refusal, errors.RuleFailed):
        words = _FAILURES.get(refusal.reason)
        return refusal if words is None else _Auth0Error(refusal, 500, "server_error", words)
    for kind in type(refusal).__mro__:
        if kind in _ROWS:
            row = _ROWS[kind]
            return _Auth0Error(refusal, row.status, row.error, row.words.format(refusal), row.uri)
    return refusal
