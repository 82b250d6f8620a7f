"""The names of outcomes, as logs, exchange records and filters spell them."""

from __future__ import annotations

from rulemint_shared.contract.messages import FailureReason

GRANTED, DENIED, FAILED, REFUSED = "granted", "denied", "failed", "refused"

OF_INVOCATIONS = (GRANTED, DENIED, FAILED, *(f"{FAILED}:{reason}" for reason in FailureReason))
"""The outcomes that the ending of an invocation can have, and ``failed`` for all failures."""
