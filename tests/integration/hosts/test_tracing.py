"""A host that explains says which lines of a rule did not run, and which line set what."""

from __future__ import annotations

import pytest

from fixtures.hosts import Loaded, load_frame, loaded, program_of
from rulemint_runner.hosts.errors import RuleNotLoadedError
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language
from rulemint_shared.contract.traces import Span
from rulemint_shared.deadline import Deadline

HOOK = """
function limitOf(client) {
  const silver = 10;
  return client.metadata.plan === 'gold'
    ? 1000
    : silver;
}
module.exports = function (client, scope, audience, context, cb) {
  const token = { tier: client.metadata.plan };
  token.limit = 1;
  token.limit = limitOf(client);
  if (client.metadata.plan === 'silver') {
    token.trial = true;
  } else {
    token.scope = [...scope, 'write'];
  }
  cb(null, token);
};
function never() {
  return 1;
}
"""
ACTION = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('limit', 1);
  if (event.client.metadata.plan !== 'gold') {
    api.access.deny('access_denied', 'only gold');
    return;
  }
  for (const name of ['limit', 'tier']) {
    api.accessToken.setCustomClaim(name, 2);
  }
  api.accessToken.addScope('write');
  api.accessToken.removeScope('read');
};
"""
MODULE = """
interface Result { limit: number; }
enum Plan { Gold = 'gold' }
export default async ({ client, scope }): Promise<object> => {
  if (client.metadata.plan !== Plan.Gold) {
    return { limit: 1 };
  }
  return {
    limit: 1000,
    scope,
  };
};
"""
RULE = """
LIMITS = {"gold": 1000}
def limit_of(client):
    if client["metadata"]["plan"] not in LIMITS:
        return 10
    return LIMITS[client["metadata"]["plan"]]

def rule(client, scope, audience, context):
    claims = {
        "tier": client["metadata"]["plan"],
        "limit": 1,
    }
    claims["limit"] = limit_of(client)
    if claims["tier"] == "silver":
        claims["trial"] = True
    else:
        scope.append("write")
        scope.remove("read")
    claims["left"] = 1
    del claims["left"]
    claims.update(
        more=1,
    )
    return {**claims, "scope": scope}
"""


async def traced(rule: Loaded) -> frames.Traced:
    await rule.run(scope=("read",))
    (trace,) = rule.traces
    return trace


def lines_of(trace: frames.Traced) -> dict[tuple[str, str], tuple[int, str]]:
    return {(write.kind, write.name): (write.line, write.before) for write in trace.writes}


async def test_a_hook_of_javascript_is_seen_line_by_line(sandbox: Sandbox) -> None:
    async with loaded(sandbox, HOOK, trace=["tier", "limit", "scope"]) as rule:
        trace = await traced(rule)
    assert lines_of(trace) == {
        ("claim", "tier"): (9, ""),
        ("claim", "limit"): (11, "1"),
        ("scope", "write"): (15, ""),
    }
    assert trace.not_run == [
        Span(first=6, last=6, of=6),
        Span(first=13, last=13, of=12),
        Span(first=19, last=20, of=19),
    ]
    assert trace.answered_at == 17
    assert [write.name for write in trace.writes if write.seen] == ["limit"]


async def test_what_an_action_asks_its_api_for_is_seen(sandbox: Sandbox) -> None:
    async with loaded(sandbox, ACTION, trace=["limit"]) as rule:
        trace = await traced(rule)
    assert lines_of(trace) == {
        ("claim", "limit"): (9, "1"),
        ("claim", "tier"): (9, ""),
        ("scope", "write"): (11, ""),
        ("removed scope", "read"): (12, ""),
    }
    assert trace.not_run == [Span(first=5, last=6, of=4)]


async def test_a_module_of_typescript_is_seen_by_the_lines_of_its_author(sandbox: Sandbox) -> None:
    async with loaded(sandbox, MODULE, Language.TYPESCRIPT, trace=["limit"]) as rule:
        trace = await traced(rule)
    assert lines_of(trace) == {("claim", "limit"): (9, "")}
    assert trace.not_run == [Span(first=6, last=6, of=5)]


async def test_a_rule_of_python_is_seen_line_by_line(sandbox: Sandbox) -> None:
    async with loaded(sandbox, RULE, Language.PYTHON, trace=[]) as rule:
        trace = await traced(rule)
    assert lines_of(trace) == {
        ("claim", "tier"): (10, ""),
        ("claim", "limit"): (13, "1"),
        ("claim", "more"): (22, ""),
        ("scope", "write"): (17, ""),
        ("removed scope", "read"): (18, ""),
        ("removed claim", "left"): (20, "1"),
    }
    assert trace.not_run == [Span(first=5, last=5, of=4), Span(first=15, last=15, of=14)]
    assert trace.answered_at == 24


REFUSALS = {
    "thrown in javascript": (
        Language.JAVASCRIPT,
        "module.exports = async (client) => {\n  if (client)\n    throw new AccessDenied('no');\n};",
    ),
    "called back in javascript": (
        Language.JAVASCRIPT,
        "module.exports = (client, scope, audience, context, cb) => {\n\n  cb('no');\n};",
    ),
    "an action": (
        Language.JAVASCRIPT,
        "exports.onExecuteCredentialsExchange = async (event, api) => {\n\n  api.access.deny('no');\n};",
    ),
    "raised in python": (
        Language.PYTHON,
        "def rule(client, scope, audience, context):\n    if client:\n        raise AccessDenied('no')\n    return {}",
    ),
    "raised in a task": (
        Language.PYTHON,
        "async def rule(client, scope, audience, context):\n    if client:\n        raise AccessDenied('no')",
    ),
}


@pytest.mark.parametrize(("language", "script"), REFUSALS.values(), ids=REFUSALS.keys())
async def test_the_line_of_a_refusal_is_told(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language, trace=[]) as rule:
        answer = await rule.run()
    (trace,) = rule.traces
    assert isinstance(answer, frames.Refused)
    assert trace.answered_at == 3
    assert trace.writes == []


NOSY = {
    Language.JAVASCRIPT: """
        module.exports = async () => {
          const found = ['sys', 'net'].map((name) => Deno.permissions.querySync({ name, kind: 'inspector' }).state);
          for (const name of ['inspector', 'inspector/promises']) {
            try { new (require(name).Session)().connect(); found.push('connected'); } catch { found.push('refused'); }
          }
          const unchanged = await (0, eval)('import("node:inspector")');
          try { new unchanged.Session().connect(); found.push('connected'); } catch { found.push('refused'); }
          const claims = {};
          for (const key in { a: 1 }) claims[key] = 'found' in claims;
          return { claims, found, keys: Object.keys({}), error: Error.name };
        };
    """,
    Language.PYTHON: """
import sys
def rule(client, scope, audience, context):
    return {"found": [repr(sys.gettrace()), sorted({"tracing", "source_lines"} & set(sys.modules))]}
""",
}


@pytest.mark.parametrize("language", NOSY)
async def test_a_rule_sees_no_difference_to_a_host_that_serves(sandbox: Sandbox, language: Language) -> None:
    async with (
        loaded(sandbox, NOSY[language], language) as serving,
        loaded(sandbox, NOSY[language], language, trace=["found"]) as explaining,
    ):
        assert await explaining.value() == await serving.value()
    assert explaining.traces
    assert serving.traces == []


CUT = {
    Language.JAVASCRIPT: """
        exports.onExecuteCredentialsExchange = async (event, api) => {
          const long = 'x'.repeat(255) + '\N{GRINNING FACE}';
          for (const value of [`${'y'.repeat(254)}\N{GRINNING FACE}`, 1]) api.accessToken.setCustomClaim(long, value);
        };
    """,
    Language.PYTHON: """
def rule(client, scope, audience, context):
    claims = {"a": 1, "\\ud83d": 2}
    del claims["\\ud83d"]
    return claims
""",
}


ENDS = {Language.JAVASCRIPT: ["\N{REPLACEMENT CHARACTER}"], Language.PYTHON: ["a", "?"]}


@pytest.mark.parametrize("language", CUT)
async def test_half_a_surrogate_pair_ends_no_host_that_explains(sandbox: Sandbox, language: Language) -> None:
    async with loaded(sandbox, CUT[language], language, trace=["a"]) as rule:
        writes = (await traced(rule)).writes
    assert [write.name[-1] for write in writes] == ENDS[language]


async def test_a_host_that_serves_cannot_be_made_to_explain(sandbox: Sandbox) -> None:
    host = await start_host(sandbox, program_of(Language.JAVASCRIPT))
    with pytest.raises(RuleNotLoadedError, match="inspector"):
        await host.load(load_frame(HOOK, Language.JAVASCRIPT, trace=[]), Deadline.after(10), lambda _line: None)
