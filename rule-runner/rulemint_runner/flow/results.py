"""Make an outcome of a host's answer, and the report of the rule's changes. Both name what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

import msgspec

from rulemint_runner.flow.granting import BadResultError, result_of
from rulemint_runner.flow.masks import Mask
from rulemint_runner.hosts.errors import more_than_memory, with_first_line
from rulemint_runner.hosts.host_limits import DEFAULT_MEMORY_MB
from rulemint_runner.hosts.wire.frames import BadReturn, Refused, Returned, Threw
from rulemint_shared.contract.endings import denied, failed
from rulemint_shared.contract.messages import Dropped, Failed, FailureReason, Granted, Outcome
from rulemint_shared.contract.records import MAX_RESULT_BYTES


class RuleResult(msgspec.Struct, frozen=True, kw_only=True):
    """One rule's outcome, and of a grant what became of each part."""

    outcome: Outcome
    dropped: list[Dropped] = []


def interpret(
    answer: Returned | Refused | Threw | BadReturn,
    *,
    given: Granted,
    scope_ceiling: list[str] | None,
    grant_scope: Sequence[str] = (),
    max_bytes: int = MAX_RESULT_BYTES,
    memory_mb: int = DEFAULT_MEMORY_MB,
) -> RuleResult:
    """The outcome of *answer*, by a rule that was given the scopes and claims of *given*.

    No rule goes beyond *scope_ceiling*, and an action not beyond *grant_scope* and what it was given.
    """
    match answer:
        case Returned(form=form, value=value):
            try:
                scope, claims, left_out = result_of(
                    _decode(value, max_bytes),
                    form,
                    scope_given=given.scope,
                    scope_ceiling=scope_ceiling,
                    grant_scope=grant_scope,
                )
            except BadResultError as error:
                return failed_result(FailureReason.BAD_RESULT, str(error))
            dropped = [Dropped(name=name, why=why) for name, why in left_out]
            return RuleResult(outcome=Granted(scope=scope, claims={**given.claims, **claims}), dropped=dropped)
        case Refused(code=code, message=message, plain=plain):
            return RuleResult(outcome=denied(code, message, plain=plain))
        case Threw(text=text, out_of_memory=out_of_memory):
            if not out_of_memory:
                return failed_result(FailureReason.EXCEPTION, text)
            text = with_first_line(text, f"; {more_than_memory(memory_mb)}")
            return failed_result(FailureReason.OUT_OF_MEMORY, text)
        case BadReturn(why=why):
            return failed_result(FailureReason.BAD_RESULT, why)
        case _:
            assert_never(answer)


def failed_result(reason: FailureReason, detail: str) -> RuleResult:
    """There is no answer, because of *reason*."""
    return RuleResult(outcome=failed(reason, detail))


def masked(result: RuleResult, mask: Mask) -> RuleResult:
    """Mask what a rule threw, and the names that were left out, because readers of the logs see them."""
    outcome = result.outcome
    if isinstance(outcome, Failed):
        outcome = msgspec.structs.replace(outcome, detail=mask(outcome.detail))
    elif not result.dropped:
        return result
    dropped = [msgspec.structs.replace(each, name=mask(each.name)) for each in result.dropped]
    return RuleResult(outcome=outcome, dropped=dropped)


def _decode(text: str, max_bytes: int) -> object:
    try:
        data = text.encode()
        if len(data) > max_bytes:
            raise BadResultError(f"the result is larger than {max_bytes} bytes of JSON")
        decoded: object = msgspec.json.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise BadResultError(f"the result is not JSON: {error}") from None
    return decoded
