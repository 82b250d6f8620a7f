"""A rule ends in the kit for Python as it ends in a real host, in every case that is known."""

from __future__ import annotations

import gc
import re
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from fixtures.facts.fact import ASKED, GRANT, Fact
from fixtures.hosts import loaded
from fixtures.kit_cases import ANSWERS, BOTH, FACTS_REQUEST, HOSTS, PYTHON, KitCase, facts_in
from fixtures.kit_hosts import Ended, ended_in_a_host
from rulemint.testing import RuleResult, run_rule
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import Denied, Failed, Granted
from rulemint_shared.contract.records import Language

NUMBERED_TASK = re.compile(r"Task-\d+")
"""A host has made few tasks before."""
PYTHON_FACTS = facts_in(Language.PYTHON)


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A rule may leave an open event loop in this process; a later test would get the warning about it."""
    yield
    sys.modules.pop("rule", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def ended_in_the_kit(result: RuleResult) -> Ended:
    if result.refused is not None:
        how: Any = ("refused", *result.refused)
    elif result.failed is not None:
        how = ("failed", *result.failed)
    else:
        how = ("granted", result.scope, result.claims)
    log = [(str(line.level), NUMBERED_TASK.sub("Task-2", line.message)) for line in result.log]
    return Ended(how, [(each.name, each.why) for each in result.left_out], log)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in {**BOTH, **PYTHON}.items()])
async def test_a_rule_ends_in_the_kit_as_in_a_host(sandbox: Sandbox, case: KitCase) -> None:
    inputs = {"allow_hosts": HOSTS, "fetch": ANSWERS, "scope": case.scope, **case.inputs}
    in_kit = ended_in_the_kit(run_rule(case.python, **inputs))
    assert in_kit == await ended_in_a_host(sandbox, case.python, Language.PYTHON, inputs)


@pytest.mark.parametrize("fact", PYTHON_FACTS)
def test_every_fact_about_python_holds_in_the_kit(fact: Fact) -> None:
    result = run_rule(fact.script, scope=ASKED, grant_scope=GRANT, secrets=fact.secrets, **FACTS_REQUEST)
    match fact.outcome:
        case Granted(scope=scope, claims=claims):
            assert (result.outcome, result.scope, result.claims) == ("granted", scope, claims)
        case Denied(code=code, message=message):
            assert result.refused == (code, message)
        case Failed(reason=reason):
            assert result.outcome == f"failed:{reason}"
    assert [each.name for each in result.left_out] == list(fact.dropped)


async def test_state_of_the_module_lives_from_run_to_run_as_in_a_host(sandbox: Sandbox) -> None:
    from rulemint.testing import load_rule

    text = "n = 0\ndef rule(client, scope, audience, context):\n    global n\n    n += 1\n    return {'n': n}\n"
    once = load_rule(text)
    in_kit = [run_rule(once).claims["n"] for _ in range(3)]
    async with loaded(sandbox, text, Language.PYTHON) as rule:
        assert in_kit == [msgspec.json.decode(await rule.value())["n"] for _ in range(3)]
