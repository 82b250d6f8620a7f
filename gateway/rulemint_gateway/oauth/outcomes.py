"""The outcome of a flow → a yes, or the refusal that the client is answered; and the names of every outcome."""

from __future__ import annotations

import math
from typing import assert_never

from rulemint_gateway.oauth import errors
from rulemint_shared.contract.messages import DenialCode, Denied, Failed, FailureReason, Granted, Outcome
from rulemint_shared.contract.outcome_names import OF_INVOCATIONS, REFUSED

_UNAVAILABLE = {
    FailureReason.NO_RUNNER,
    FailureReason.OVERLOADED,
    FailureReason.INTERRUPTED,
    FailureReason.LATE,
}


def granted_or_raise(outcome: Outcome) -> Granted:
    """The outcome if it is a yes.

    Raises:
        OAuthError: it is not. What the rule said to the caller is passed on; why it failed is not.
    """
    match outcome:
        case Granted():
            return outcome
        case Denied(plain=True, message=message):
            raise errors.PlainRefusal(message)
        case Denied(code=code, message=message):
            raise _DENIALS[code](message)
        case Failed(reason=reason, detail=detail, pauses_for_ms=pauses_for_ms):
            private = f"{reason}: {detail}" if detail else str(reason)
            if reason in _UNAVAILABLE and pauses_for_ms:
                wait_s = _whole_s(pauses_for_ms)
                raise errors.RulePauses(
                    f"a rule of this tenant kept failing and pauses: try again in {wait_s} s",
                    detail=private,
                    retry_after_s=wait_s,
                )
            if reason in _UNAVAILABLE:
                raise errors.TemporarilyUnavailable("the rules could not be run now: try again", detail=private)
            raise errors.RuleFailed("a rule of this tenant failed: its logs say why", reason=reason, detail=private)
        case _:
            assert_never(outcome)


def _whole_s(duration_ms: int) -> int:
    """As ``Retry-After`` has it (RFC 9110 §10.2.3); 1 at least."""
    return max(1, math.ceil(duration_ms / 1000))


_DENIALS: dict[DenialCode, type[errors.OAuthError]] = {
    DenialCode.ACCESS_DENIED: errors.AccessDenied,
    DenialCode.INVALID_SCOPE: errors.InvalidScope,
    DenialCode.INVALID_REQUEST: errors.InvalidRequest,
    DenialCode.SERVER_ERROR: errors.ServerError,
}


def _errors(kind: type[errors.OAuthError]) -> set[str]:
    return {kind.error}.union(*map(_errors, kind.__subclasses__()))


REFUSALS = tuple(f"{REFUSED}:{error}" for error in sorted(_errors(errors.OAuthError)))
"""The outcomes of token requests for which no rule was asked."""
OF_EXCHANGES = (*OF_INVOCATIONS, REFUSED, *REFUSALS)
"""The outcomes that exchange records can have, and the first word of each."""
