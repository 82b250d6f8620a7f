"""A host's answer → what came of the rule, as the runner interprets it."""

from __future__ import annotations

import json
from typing import Any

from rulemint._channel import Run
from rulemint._contract.bounds import MAX_DENIAL, MAX_DETAIL
from rulemint._contract.forms import Form
from rulemint._contract.granting import BadResultError
from rulemint._contract.granting import result_of as granted_by
from rulemint._inputs import Inputs
from rulemint._loading import LoadedRule
from rulemint.results import Failed, LeftOut, Refused, RuleResult


def result_of(
    answer: dict[str, Any], inputs: Inputs, run: Run, loaded: LoadedRule, exception: BaseException | None
) -> RuleResult:
    """The result of *answer*; lines about it are added to the log, as a runner adds them."""
    match answer["t"]:
        case "returned":
            try:
                return _granted(answer["value"], inputs, run)
            except BadResultError as error:
                failed = Failed("bad_result", str(error))
        case "refused":
            description = answer["message"][:MAX_DENIAL].encode(errors="replace").decode()
            return RuleResult(
                "denied", {}, [], refused=Refused(answer["code"], description), exception=exception, **_done(run)
            )
        case "threw":
            reason = "out_of_memory" if answer.get("out_of_memory") else "exception"
            failed = Failed(reason, loaded.in_its_words(answer["text"]))
        case _:
            failed = Failed("bad_result", answer["why"])
    return failed_result(failed, run, exception)


def failed_result(failed: Failed, run: Run, exception: BaseException | None) -> RuleResult:
    """The result of a rule that gave no answer."""
    message = run.log.mask(failed.message)[:MAX_DETAIL].encode(errors="replace").decode()
    run.log.add("error", message or failed.reason)
    return RuleResult(
        f"failed:{failed.reason}", {}, [], failed=Failed(failed.reason, message), exception=exception, **_done(run)
    )


def _granted(text: str, inputs: Inputs, run: Run) -> RuleResult:
    scope, claims, left_out = granted_by(
        json.loads(text),
        Form.OWN,
        scope_given=inputs.scope,
        scope_ceiling=inputs.scope_ceiling,
        grant_scope=inputs.grant_scope,
    )
    shown = [LeftOut(run.log.mask(name), why) for name, why in left_out]
    for each in shown:
        run.log.add("warn", f"left out {each.name}: {each.why}")
    return RuleResult(
        "granted",
        {**inputs.claims, **claims},
        scope,
        left_out=shown,
        claims_set={
            name: value for name, value in claims.items() if name not in inputs.claims or inputs.claims[name] != value
        },
        scope_added=[name for name in scope if name not in inputs.scope],
        scope_removed=[name for name in inputs.scope if name not in scope],
        **_done(run),
    )


def _done(run: Run) -> dict[str, Any]:
    return {"log": run.log.lines, "calls": run.calls.made, "storage": run.storage.value}
