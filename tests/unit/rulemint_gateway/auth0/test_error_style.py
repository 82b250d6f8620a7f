from __future__ import annotations

import pytest

from rulemint_gateway.auth0.error_style import in_auth0_style
from rulemint_gateway.oauth import errors
from rulemint_shared.contract.messages import FailureReason

FAILURES = {
    FailureReason.TIMEOUT: "Request to Webtask exceeded allowed execution time",
    FailureReason.SYNTAX: "Unable to compile the extensibility code as javascript",
    FailureReason.BAD_RESULT: "Error when JSON serializing the result of the extension point",
    FailureReason.EXCEPTION: "Script generated an unhandled synchronous exception.",
}


@pytest.mark.parametrize(("reason", "words"), FAILURES.items(), ids=list(FAILURES))
def test_a_failed_rule_is_a_server_error_in_auth0_s_words(reason: FailureReason, words: str) -> None:
    failed = in_auth0_style(errors.RuleFailed("ours", reason=reason, detail="the inside"))
    assert (failed.status, failed.error, failed.description, failed.detail) == (
        500,
        "server_error",
        words,
        "the inside",
    )


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(errors.AccessDenied("no"), id="a rule that chose access_denied"),
        pytest.param(errors.InvalidScope("no"), id="a rule that chose invalid_scope"),
        pytest.param(errors.RequestTooLarge("no"), id="a body that is too large"),
        pytest.param(errors.TemporarilyUnavailable("no"), id="no runner"),
        pytest.param(errors.RuleFailed("no", reason=FailureReason.CRASHED, detail=""), id="a crash"),
    ],
)
def test_what_auth0_has_no_words_for_stays_as_it_is(refusal: errors.OAuthError) -> None:
    assert in_auth0_style(refusal) is refusal


def test_a_client_that_may_not_use_the_grant_type_is_told_where_auth0_says_why() -> None:
    refusal = in_auth0_style(errors.UnauthorizedClient("ours"))
    assert (refusal.status, refusal.error) == (403, "unauthorized_client")
    assert refusal.description == "Grant type 'client_credentials' not allowed for the client."
    assert refusal.uri == "https://auth0.com/docs/clients/client-grant-types"


def test_words_of_the_caller_are_not_read_as_a_template() -> None:
    refusal = errors.InvalidTarget("no", audience="{0.__class__}{")
    assert in_auth0_style(refusal).description == "Service not enabled within domain: {0.__class__}{"
