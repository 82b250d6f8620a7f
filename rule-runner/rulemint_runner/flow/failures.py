"""Results of rules that ended without an answer."""

from __future__ import annotations

import structlog

from rulemint_runner.flow.masks import Mask
from rulemint_runner.flow.results import RuleResult, failed_result
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.pause import Pause
from rulemint_shared.contract.endings import failed, rule_pause
from rulemint_shared.contract.messages import MAX_DETAIL, FailureReason, Invocation, RuleRef

log = structlog.get_logger(__name__)


def failure_of(
    rule: RuleRef, invocation: Invocation, error: HostEndedError | RuleNotLoadedError, mask: Mask, hint: str
) -> RuleResult:
    """Make the result of *error*. If the rule pauses now, the logs say for which clients, why, and what helps."""
    detail = mask(error.text) if isinstance(error, RuleNotLoadedError) else error.detail
    detail = f"{detail}; {hint}" if hint else detail
    if error.pause is None:
        return failed_result(error.reason, detail)
    return _paused(rule, invocation, error.reason, detail, error.pause)


def _paused(rule: RuleRef, invocation: Invocation, reason: FailureReason, detail: str, pause: Pause) -> RuleResult:
    text = pause.text(rule.name, invocation.client.id)
    if reason is not FailureReason.OVERLOADED:  # it pauses from now on
        log.warning("a rule pauses", tenant=invocation.tenant, rule_id=rule.rule_id, how=text)
        text = f"{detail[: MAX_DETAIL - len(text) - 2]}; {text}"
    for_all = pause.for_all and not pause.longer
    client_id = "" if pause.for_all else invocation.client.id
    told = rule_pause(rule, client_id=client_id, left_s=pause.left_s, why=pause.why)
    return RuleResult(outcome=failed(reason, text, pauses_for_s=pause.left_s, pauses_for_all=for_all, pause=told))
