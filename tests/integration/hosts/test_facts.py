"""Every fact about every form of rule, in a host of its own."""

from __future__ import annotations

import msgspec
import pytest

from fixtures.facts import FACTS
from fixtures.facts.fact import ASKED, EXTRA, GRANT, Fact, action
from fixtures.hosts import Loaded, loaded
from rulemint_runner.flow.results import RuleResult, interpret
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import Failed, FailureReason, Granted
from rulemint_shared.contract.records import Language

BODY = {"client_id": "c", "audience": "https://api/", **EXTRA}


async def result_of(rule: Loaded, fact: Fact) -> RuleResult:
    timeout_s = 0.3 if fact.outcome == Failed(reason=FailureReason.TIMEOUT) else 10
    answer = await rule.run(timeout_s=timeout_s, scope=ASKED, body=BODY)
    return interpret(answer, given=Granted(scope=list(ASKED)), scope_ceiling=None, grant_scope=GRANT)


@pytest.mark.parametrize("fact", FACTS)
async def test_in_a_host(sandbox: Sandbox, fact: Fact) -> None:
    lines: list[tuple[str, str]] = []
    try:
        async with loaded(sandbox, fact.script, fact.language, fact.secrets) as rule:
            lines = rule.lines
            result = await result_of(rule, fact)
    except (HostEndedError, RuleNotLoadedError) as error:
        result = RuleResult(outcome=Failed(reason=error.reason))
    outcome = result.outcome
    if isinstance(outcome, Failed):
        outcome = msgspec.structs.replace(outcome, detail="")
    assert outcome == fact.outcome
    assert [dropped.name for dropped in result.dropped] == list(fact.dropped)
    said = [text for level, text in lines if level == "warn"]
    assert len(said) == len(fact.warns), said
    assert all(part in text.replace("my-rule", "rule") for part, text in zip(fact.warns, said, strict=True))


async def test_what_the_rules_before_have_set_is_seen_in_every_form(sandbox: Sandbox) -> None:
    claims = {"https://x.example/": 1}
    context = "module.exports = (c, scope, a, context, cb) => cb(null, context.claims)"
    event = action("api.accessToken.setCustomClaim('seen', event.accessToken.customClaims);")
    for script, seen in ((context, claims), (event, {"claims": {"seen": claims}})):
        async with loaded(sandbox, script) as rule:
            answer = await rule.run(claims=claims)
        assert msgspec.json.decode(getattr(answer, "value", "")) == seen


async def test_every_invocation_gets_a_copy_of_its_own(sandbox: Sandbox) -> None:
    script = """module.exports = (client, scope, audience, context, cb) => {
      const seen = [scope.length, context.webtask.secrets.KEY, context.webtask.data.KEY];
      scope.push('mine'); context.webtask.secrets.KEY = 'changed'; context.webtask.meta.more = 'changed';
      cb(null, { seen, meta: Object.keys(context.webtask.meta).length });
    };"""
    async with loaded(sandbox, script, secrets={"KEY": "k"}) as rule:
        assert await rule.value() == await rule.value()


async def test_module_scope_and_globals_live_as_long_as_the_host(sandbox: Sandbox) -> None:
    script = """let loads = 0; loads++;
    module.exports = (client, scope, audience, context, cb) => {
      global.runs = (global.runs || 0) + 1;
      cb(null, { loads, runs: global.runs });
    };"""
    async with loaded(sandbox, script) as rule:
        assert [await rule.value() for _ in range(3)] == [f'{{"loads":1,"runs":{run}}}' for run in (1, 2, 3)]


async def test_what_is_written_to_the_streams_of_process_are_lines_and_there_is_nothing_to_read(
    sandbox: Sandbox,
) -> None:
    script = """module.exports = (client, scope, audience, context, cb) => {
      process.stdout.write('to stdout\\n');
      process.stderr.write(Buffer.from('to stderr'));
      process.stdin.on('end', () => cb(null, { scope })).resume();
    };"""
    async with loaded(sandbox, script) as rule:
        assert await rule.value() == '{"scope":["read"]}'
    assert rule.lines == [("info", "to stdout"), ("error", "to stderr")]


TOLD_LATER = "in an earlier invocation the rule called its callback more than once: the first call counts"


async def test_a_second_call_of_the_callback_in_a_later_invocation_is_a_warning_there(sandbox: Sandbox) -> None:
    script = """let earlier;
    module.exports = (client, scope, audience, context, cb) => {
      earlier?.(null, { late: true });
      earlier = cb;
      cb(null, { scope });
    };"""
    async with loaded(sandbox, script) as rule:
        assert [await rule.value() for _ in range(2)] == ['{"scope":["read"]}'] * 2
        assert rule.lines == [("warn", TOLD_LATER)]


async def test_a_second_call_of_the_callback_after_the_answer_has_left_is_a_warning_of_its_own_invocation(
    sandbox: Sandbox,
) -> None:
    script = """let calls = 0;
    module.exports = (client, scope, audience, context, cb) => {
      if (calls++ === 0) fetch('https://a.example.com/').catch(() => cb(null, { late: true }));
      cb(null, { scope });
    };"""
    async with loaded(sandbox, script) as rule:
        assert await rule.value() == '{"scope":["read"]}'
        assert await rule.host.idle()
        assert rule.lines == [("warn", TOLD_LATER.removeprefix("in an earlier invocation "))]
        assert [await rule.value() for _ in range(2)] == ['{"scope":["read"]}'] * 2
        assert len(rule.lines) == 1


PYTHON_LOGS = """
import logging, sys
def rule(client, scope, audience, context):
    print("printed")
    print("to stderr", file=sys.stderr)
    logging.info("logged")
    try:
        1 / 0
    except ZeroDivisionError:
        logging.exception("caught")
"""


async def test_what_a_python_rule_prints_and_logs_are_lines_with_their_levels(sandbox: Sandbox) -> None:
    async with loaded(sandbox, PYTHON_LOGS, Language.PYTHON) as rule:
        await rule.run()
    *lines, (level, caught) = rule.lines
    assert lines == [("info", "printed"), ("error", "to stderr"), ("info", "logged")]
    assert level == "error"
    assert caught.startswith("caught\nTraceback")
    assert "ZeroDivisionError" in caught
