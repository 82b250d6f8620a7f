from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import jwt
import pytest

from fixtures.management import Answer, Management, read_exchange

SEED = (Path(__file__).parents[3] / "examples/rules/seed.js").read_text()


def claims_of(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.text
    claims: dict[str, Any] = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    return claims


JS_GRANTS = """
module.exports = function (client, scope, audience, context, cb) {
  cb(null, {
    scope: scope.concat('extra'),
    'https://x.example/who': client.id + '/' + client.metadata.plan,
    'https://x.example/aud': audience,
    'https://x.example/org': context.body.org,
    'https://x.example/secret': context.webtask.secrets.FOO,
  });
};
"""
ESM_GRANTS = """
interface Client { id: string; metadata: Record<string, string> }
interface Input { client: Client; scope: string[]; audience: string; context: any }
export default async ({ client, scope, audience, context }: Input) => ({
  scope: [...scope, 'extra'],
  'https://x.example/who': `${client.id}/${client.metadata.plan}`,
  'https://x.example/aud': audience,
  'https://x.example/org': context.body.org,
  'https://x.example/secret': context.webtask.secrets.FOO,
});
"""
PYTHON_GRANTS = """
async def rule(client, scope, audience, context):
    return {
        "scope": [*scope, "extra"],
        "https://x.example/who": client["id"] + "/" + client["metadata"]["plan"],
        "https://x.example/aud": audience,
        "https://x.example/org": context["body"]["org"],
        "https://x.example/secret": context["webtask"]["secrets"]["FOO"],
    }
"""


@pytest.mark.parametrize(
    ("language", "script"),
    [("javascript", JS_GRANTS), ("typescript", ESM_GRANTS), ("python", PYTHON_GRANTS)],
    ids=["javascript", "typescript", "python"],
)
async def test_a_rule_sees_its_inputs_and_adds_claims_and_scopes(
    management: Management, language: str, script: str
) -> None:
    client = await management.a_client(metadata={"plan": "gold"})
    async with management.rule(script, language=language, rule_secrets={"FOO": "bar"}):
        claims = claims_of(await management.ask(client.request(org="acme")))
    assert claims["scope"] == "read write extra"
    assert claims["https://x.example/who"] == f"{client.client_id}/gold"
    assert claims["https://x.example/aud"] == client.audience
    assert claims["https://x.example/org"] == "acme"
    assert claims["https://x.example/secret"] == "bar"


async def test_a_rule_never_sees_the_client_s_credentials(management: Management) -> None:
    client = await management.a_client()
    script = "export default ({context}) => ({'https://x/names': Object.keys(context.body).sort()})"
    async with management.rule(script):
        claims = claims_of(await management.ask(client.request()))
    assert claims["https://x/names"] == ["audience", "client_id", "grant_type"]


DENIALS = [
    pytest.param("javascript", "module.exports = (c, s, a, x, cb) => cb(new Error('not today'))", id="javascript"),
    pytest.param(
        "python", "def rule(client, scope, audience, context):\n    raise AccessDenied('not today')", id="python"
    ),
]


@pytest.mark.parametrize(("language", "script"), DENIALS)
async def test_a_rule_that_says_no_is_a_403_in_its_own_words(
    management: Management, language: str, script: str
) -> None:
    client = await management.a_client()
    async with management.rule(script, language=language):
        answer = await management.ask(client.request())
    assert (answer.status, answer.body["error"]) == (403, "access_denied")
    assert answer.body["error_description"] == "not today"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("InvalidScopeError", 400, "invalid_scope"),
        ("InvalidRequestError", 400, "invalid_request"),
        ("ServerError", 500, "server_error"),
    ],
)
async def test_a_rule_may_choose_the_oauth_error(management: Management, name: str, status: int, error: str) -> None:
    client = await management.a_client()
    async with management.rule(f"module.exports = (c, s, a, x, cb) => cb(new {name}('because'))"):
        answer = await management.ask(client.request())
    assert (answer.status, answer.body["error"]) == (status, error)


FAILURES = [
    pytest.param("javascript", "module.exports = () => { throw new Error('sesame') }", "exception", id="js throws"),
    pytest.param("javascript", "module.exports = async (c, s, a, x, cb) => { await null; sesame() }", "exception",
                 id="js rejects"),
    pytest.param("javascript", "module.exports = function ( {", "syntax", id="js does not parse"),
    pytest.param("javascript", "module.exports = 7", "syntax", id="js exports no function"),
    pytest.param("javascript", "module.exports = (c, s, a, x, cb) => cb(null, {scope: 'sesame'})", "bad_result",
                 id="js scope is no list"),
    pytest.param("javascript", "export default () => ({'https://x/': 'y'.repeat(40000)})", "bad_result",
                 id="js result too large"),
    pytest.param("javascript", "export default () => { const a = {}; a.a = a; return a }", "bad_result",
                 id="js result is cyclic"),
    pytest.param("python", "def rule(client, scope, audience, context):\n    return 1 / 0", "exception",
                 id="python raises"),
    pytest.param("python", "def rule(", "syntax", id="python does not parse"),
    pytest.param("python", "import ctypes\ndef rule(c, s, a, x):\n    ctypes.CDLL(None)._exit(3)", "crashed",
                 id="python dies"),
    pytest.param("python", "def rule(client, scope, audience, context):\n    return {'a': object()}", "bad_result",
                 id="python result does not serialise"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "reason"), FAILURES)
async def test_a_rule_that_fails_is_a_500_that_tells_nothing_and_the_record_says_why(
    management: Management, language: str, script: str, reason: str
) -> None:
    client = await management.a_client()
    async with management.rule(script, language=language, no_check=True):
        answer = await management.ask(client.request())
        assert (answer.status, answer.body["error"]) == (500, "server_error"), answer.text
        assert "sesame" not in answer.text
        record = await read_exchange(management, answer.headers["x-request-id"])
    assert record["outcome"] == f"failed:{reason}"
    assert "access_token" not in answer.body


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param("javascript", "module.exports = () => { for (;;) {} }", id="javascript loops"),
        pytest.param("javascript", "module.exports = () => { setTimeout(() => {}, 1e6) }", id="javascript waits"),
        pytest.param("python", "def rule(client, scope, audience, context):\n    while True: pass", id="python loops"),
    ],
)
async def test_a_rule_that_takes_too_long_fails_alone_and_the_next_request_works(
    management: Management, language: str, script: str
) -> None:
    client = await management.a_client()
    async with management.rule(script, language=language):
        answer = await management.ask(client.request())
        assert (answer.status, answer.body["error"]) == (500, "server_error")
        record = await read_exchange(management, answer.headers["x-request-id"])
        assert record["outcome"] == "failed:timeout"
    async with management.rule(SEED):
        assert claims_of(await management.ask(client.request()))["https://foo.com/claim"] == "bar"


async def test_rules_run_in_order_and_each_sees_what_the_one_before_left(management: Management) -> None:
    client = await management.a_client()
    add = "export default ({scope}) => ({scope: [...scope, 'NAME' + scope.length]})"
    second, first = add.replace("NAME", "second"), add.replace("NAME", "first")
    async with management.rule(second, order=20), management.rule(first, order=10):
        claims = claims_of(await management.ask(client.request()))
    assert claims["scope"] == "read write first2 second3"


async def test_the_first_rule_that_says_no_ends_the_flow(management: Management) -> None:
    client = await management.a_client()
    deny = "module.exports = (c, s, a, x, cb) => cb(new Error('first says no'))"
    async with management.rule(deny, order=1), management.rule("export default () => { throw 1 }", order=2):
        answer = await management.ask(client.request())
    assert (answer.status, answer.body["error_description"]) == (403, "first says no")


async def test_a_patched_rule_decides_the_next_token(management: Management) -> None:
    client = await management.a_client()
    async with management.rule("export default () => ({version: 1})") as rule:
        assert claims_of(await management.ask(client.request()))["version"] == 1
        path = f"/api/v2/rules/{rule['id']}"
        patched = await management.call("PATCH", path, {"script": "export default () => ({version: 2})"})
        assert patched.body["version"] == 2
        assert claims_of(await management.ask(client.request()))["version"] == 2
        await management.call("PATCH", path, {"enabled": False})
        assert "version" not in claims_of(await management.ask(client.request()))


async def test_a_changed_secret_is_what_the_next_invocation_sees(management: Management) -> None:
    client = await management.a_client()
    script = "export default ({context}) => ({secret: context.webtask.secrets.KEY})"
    async with management.rule(script, rule_secrets={"KEY": "old"}) as rule:
        assert claims_of(await management.ask(client.request()))["secret"] == "old"
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}/secrets", {"KEY": "new"})
        assert claims_of(await management.ask(client.request()))["secret"] == "new"


async def test_an_api_that_enforces_the_grant_gets_no_scope_beyond_it(management: Management) -> None:
    client = await management.a_client(enforce_grant_scopes=True)
    async with management.rule(SEED):
        assert claims_of(await management.ask(client.request()))["scope"] == "read write"


async def test_left_out_claims_are_named_in_the_record(management: Management) -> None:
    client = await management.a_client()
    script = "module.exports = (c, s, a, x, cb) => cb(null, {scope: s, plain: 1, iss: 'forged', 'https://ok/': 1})"
    async with management.rule(script):
        answer = await management.ask(client.request())
        record = await read_exchange(management, answer.headers["x-request-id"])
    claims = claims_of(answer)
    assert claims["iss"] == management.admin["issuer"]
    assert "plain" not in claims
    assert {dropped["name"] for dropped in record["rules"][0]["dropped"]} == {"plain", "iss"}
    assert {line["level"] for line in record["lines"]} == {"warn"}


async def test_a_hundred_requests_at_once_each_get_their_own_outcome(management: Management) -> None:
    client = await management.a_client()
    async with management.rule("export default ({context}) => ({n: context.body.n})"):
        answers = await asyncio.gather(*(management.ask(client.request(n=n)) for n in range(100)))
    assert [claims_of(answer)["n"] for answer in answers] == list(range(100))


async def test_tokens_for_the_management_api_never_meet_a_rule(management: Management) -> None:
    """Else a bad rule could not be repaired."""
    async with management.rule("module.exports = () => { for (;;) {} }"):
        await management.log_in()
