"""``POST /api/v2/rules/try``: everything of a token request but the token."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from bench.free_ports import free_port

from fixtures.management import Answer, Management, open_management
from fixtures.processes import started_dev
from fixtures.system import System
from fixtures.valkey import client_of
from fixtures.waiting import eventually
from fixtures.watching import watching
from rulemint_shared.contract import redis_keys

pytestmark = pytest.mark.timeout(120)

ACME = {"id": "acme", "name": "Acme", "metadata": {"plan": "gold"}}
IN_PYTHON = "def rule(client, scope, audience, context):\n"

FORMS = [
    pytest.param(
        "javascript",
        "module.exports = (client, scope, audience, context, cb) =>\n"
        "  cb(null, { scope: scope.concat('extra'), 'https://x/plan': client.metadata.plan });",
        id="rule or hook",
    ),
    pytest.param(
        "javascript",
        "module.exports = (ctx, cb) =>\n"
        "  cb(null, { scope: ctx.body.scope.concat('extra'), 'https://x/plan': ctx.body.client.metadata.plan });",
        id="generic webtask",
    ),
    pytest.param(
        "javascript",
        "exports.onExecuteCredentialsExchange = async (event, api) => {\n"
        "  api.accessToken.setCustomClaim('https://x/plan', event.client.metadata.plan);\n"
        "  api.accessToken.addScope('extra');\n"
        "};",
        id="action",
    ),
    pytest.param(
        "typescript",
        "export default ({ client, scope }: { client: any; scope: string[] }) =>\n"
        "  ({ scope: [...scope, 'extra'], 'https://x/plan': client.metadata.plan });",
        id="module in typescript",
    ),
    pytest.param(
        "python",
        IN_PYTHON + "    return {'scope': [*scope, 'extra'], 'https://x/plan': client['metadata']['plan']}",
        id="python",
    ),
]


async def tried(management: Management, script: str | None = None, **fields: Any) -> Any:
    answer = await send(management, script, **fields)
    assert answer.status == 200, answer.text
    return answer.body


async def send(management: Management, script: str | None = None, **fields: Any) -> Answer:
    given = {} if script is None else {"script": script}
    return await management.call("POST", "/api/v2/rules/try", {"client": ACME, **given, **fields})


@pytest.mark.parametrize(("language", "script"), FORMS)
async def test_a_script_of_every_form_answers_what_a_token_would_get(
    management: Management, language: str, script: str
) -> None:
    client = await management.a_client(scope=("read", "extra"), metadata={"plan": "gold"})
    answer = await tried(management, script, language=language, client=client.client_id, scope=["read"])
    assert (answer["outcome"], answer["scope"]) == ("granted", ["read", "extra"])
    assert answer["claims"] == {"https://x/plan": "gold"}
    assert answer["duration_ms"] > 0
    assert "error" not in answer


async def test_the_answer_has_what_was_left_out_and_every_line(management: Management) -> None:
    script = "module.exports = (c, s, a, x, cb) => { console.warn('one\\ntwo'); cb(null, { scope: s, iss: 1 }); };"
    answer = await tried(management, script, scope=["read"])
    assert [each["name"] for each in answer["dropped"]] == ["iss"]
    assert answer["dropped"][0]["why"]
    first = answer["lines"][0]
    assert (first["level"], first["message"], first["ts"][-1]) == ("warn", "one\ntwo", "Z")
    assert (answer["claims"], answer["calls"], answer["lines_left_out"]) == ({}, [], 0)


async def test_a_rule_sees_the_request_that_is_described(management: Management) -> None:
    script = """export default ({ client, scope, audience, context }) => ({
      client, given: scope, audience, ip: context.ip, agent: context.userAgent, body: context.body,
      header: context.webtask.headers['x-one'], query: context.webtask.query.q,
    });"""
    context = {
        "ip": "192.0.2.1",
        "userAgent": "curl/8",
        "headers": {"X-One": "1"},
        "query": {"q": "2"},
        "body": {"org": {"a": [1, None]}},
    }
    answer = await tried(management, script, audience="https://api/", scope=["a", "b"], context=context)
    assert answer["claims"] == {
        "client": {"tenant": "default", **ACME},
        "given": ["a", "b"],
        "audience": "https://api/",
        "ip": "192.0.2.1",
        "agent": "curl/8",
        "body": {"org": {"a": [1, None]}},
        "header": "1",
        "query": "2",
    }


async def test_an_address_that_no_caller_has_is_refused(management: Management) -> None:
    body = {"script": "export default () => ({})", "client": ACME, "context": {"ip": "nonsense"}}
    refused = await management.call("POST", "/api/v2/rules/try", body)
    assert (refused.status, refused.body["field"]) == (400, "context.ip")
    assert "192.0.2.1" in refused.body["message"]


async def test_what_is_left_out_comes_from_the_client_and_its_grant(management: Management) -> None:
    client = await management.a_client(scope=("read", "write"), metadata={"plan": "gold"}, name="Stored")
    script = "export default ({ client, audience, context }) => ({ client, audience, body: context.body });"
    answer = await tried(management, script, client=client.client_id)
    assert answer["scope"] == ["read", "write"]
    claims = answer["claims"]
    assert (claims["client"]["name"], claims["client"]["metadata"]) == ("Stored", {"plan": "gold"})
    assert claims["audience"] == client.audience
    assert claims["body"]["audience"] == client.audience


async def test_scopes_are_held_to_the_grant_where_a_token_s_would_be(management: Management) -> None:
    client = await management.a_client(scope=("read",), enforce_grant_scopes=True)
    script = "export default ({ scope }) => ({ scope: [...scope, 'admin'] });"
    answer = await tried(management, script, client=client.client_id)
    assert answer["scope"] == ["read"]
    assert [each["name"] for each in answer["dropped"]] == ["scope admin"]


ERRORS = [
    pytest.param("javascript", "module.exports = (c) => {\n  null.x\n}", "failed:exception", 2, 8, "TypeError",
                 id="javascript throws"),
    pytest.param("javascript", "module.exports = function () {\n  const x = ;\n}", "failed:syntax", 2, 13,
                 "SyntaxError", id="javascript does not parse"),
    pytest.param("typescript", "interface A {}\nexport default (a: A) => {\n  throw new Error('typed')\n}",
                 "failed:exception", 3, 9, "Error: typed", id="typescript throws"),
    pytest.param("python", IN_PYTHON + "    x = 1\n    return x / 0", "failed:exception", 3, 12, "ZeroDivisionError",
                 id="python raises"),
    pytest.param("python", IN_PYTHON + "    return 'é' + nothing", "failed:exception", 2, 18, "NameError",
                 id="python counts characters"),
    pytest.param("python", "def rule(client:\n    pass", "failed:syntax", 1, 9, "SyntaxError",
                 id="python does not parse"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script", "outcome", "line", "column", "message"), ERRORS)
async def test_an_error_names_the_file_the_line_and_the_column(
    management: Management, language: str, script: str, outcome: str, line: int, column: int, message: str
) -> None:
    answer = await tried(management, script, language=language, name="My rule")
    error = answer["error"]
    assert answer["outcome"] == outcome
    assert error["file"] == {"javascript": "My-rule.js", "typescript": "My-rule.ts", "python": "My-rule.py"}[language]
    assert (error["line"], error["column"]) == (line, column)
    assert error["message"].startswith(message)
    assert error["message"] in error["detail"]
    assert (answer["scope"], answer["claims"]) == ([], {})


async def test_a_refusal_is_in_the_words_that_a_caller_would_get(management: Management) -> None:
    answer = await tried(management, "module.exports = (c, s, a, x, cb) => cb(new InvalidScopeError('not gold'))")
    assert answer["outcome"] == "denied"
    assert (answer["error"]["code"], answer["error"]["message"]) == ("invalid_scope", "not gold")


async def test_limits_hold_as_for_a_rule(management: Management) -> None:
    answer = await tried(management, "module.exports = () => { for (;;) {} }", limits={"timeout_s": 0.3})
    assert (answer["outcome"], answer["error"]["line"]) == ("failed:timeout", None)


async def test_secrets_are_what_the_rule_gets_and_no_line_or_error_shows_them(management: Management) -> None:
    script = """module.exports = (c, s, a, context, cb) => {
      console.log('it is ' + context.webtask.secrets.KEY);
      if (context.webtask.secrets.KEY !== 'hunter22') return cb(null, {});
      throw new Error('with ' + context.webtask.secrets.KEY);
    };"""
    answer = await send(management, script, secrets={"KEY": "hunter22"})
    assert "hunter22" not in answer.text
    assert answer.body["lines"][0]["message"] == "it is ***"
    assert answer.body["error"]["message"] == "Error: with ***"


async def test_a_stored_rule_runs_by_its_id_with_its_own_secrets(management: Management) -> None:
    script = "export default ({ context }) => ({ length: context.webtask.secrets.KEY.length });"
    async with management.rule(script, rule_secrets={"KEY": "hunter22"}, enabled=False) as rule:
        assert (await tried(management, rule_id=rule["id"]))["claims"] == {"length": 8}
        assert (await tried(management, rule_id=rule["id"], secrets={"KEY": "x"}))["claims"] == {"length": 1}


async def test_a_stored_rule_runs_in_the_version_that_is_asked_for(management: Management) -> None:
    async with management.rule("export default () => ({ n: 1 })", name="numbered", enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        await management.call("PATCH", path, {"script": "export default () => {\n  throw new Error('two');\n};"})
        assert (await tried(management, rule_id=rule["id"], version=1))["claims"] == {"n": 1}
        now = await tried(management, rule_id=rule["id"])
        assert (now["error"]["file"], now["error"]["line"]) == ("numbered.js", 2)
        missing = await send(management, rule_id=rule["id"], version=3)
        assert (missing.status, missing.body["errorCode"]) == (404, "inexistent_rule_version")


async def test_what_is_tried_shares_no_process_with_the_rule_itself(management: Management) -> None:
    client = await management.a_client()
    script = "let n = 0;\nmodule.exports = (c, s, a, x, cb) => cb(null, { scope: ['n' + ++n] });"
    async with management.rule(script) as rule:
        scopes = [(await management.ask(client.request())).body["scope"] for _ in range(2)]
        assert scopes == ["n1", "n2"]
        for _ in range(2):
            assert (await tried(management, rule_id=rule["id"]))["scope"] == ["n1"]
        after = (await management.ask(client.request())).body["scope"]
        assert after in {"n3", "n1"}  # the trials did not count; n1: its first host was late, and another one ran it


async def test_watchers_hear_nothing_of_what_is_tried(management: Management) -> None:
    client = await management.a_client()
    script = "export default () => { console.log('SAID'); return {}; };"
    async with watching(management) as watch, management.rule(script.replace("SAID", "for real")):
        assert (await tried(management, script.replace("SAID", "tried")))["lines"][0]["message"] == "tried"
        answer = await management.ask(client.request())
        records = await watch.until_ended(answer.headers["x-request-id"])
    assert {record["invocation"] for record in records} == {answer.headers["x-request-id"]}


async def test_without_a_runner_it_says_so_and_watchers_still_hear_nothing(lone_gateway: Management) -> None:
    client, script = await lone_gateway.a_client(), "export default () => ({})"
    lone_gateway.no_check = True
    async with lone_gateway.rule(script), watching(lone_gateway) as watch:
        answer = await tried(lone_gateway, script)
        assert (answer["outcome"], answer["error"]["message"]) == ("failed:no_runner", "no runner is alive")
        real = await lone_gateway.ask(client.request())
        records = await watch.until_ended(real.headers["x-request-id"])
    assert {record["invocation"] for record in records} == {real.headers["x-request-id"]}


async def test_nothing_of_it_is_left_in_redis(tmp_path: Path, empty_redis_url: str) -> None:
    port, data_dir = free_port(), tmp_path / "data"
    with started_dev({"RULEMINT_REDIS_URL": empty_redis_url}, data_dir=data_dir, port=port) as process:
        system = System(f"http://127.0.0.1:{port}", data_dir, process)
        async with open_management(system.url, system.admin) as management:
            before = await asyncio.to_thread(everything_in, empty_redis_url)
            script = "export default () => ({ marked: 'the text of it'.length });"
            assert (await tried(management, script, secrets={"KEY": "hunter22"}))["claims"] == {"marked": 14}
            keeps = (
                "module.exports = (client, scope, audience, context, cb) =>\n"
                "  context.webtask.storage.set({ kept: 'the text of it' }, { force: true }, (e) => cb(e, { scope }));"
            )
            for flow in (False, True):
                answer = await tried(management, keeps, name="keeps", flow=flow)
                assert answer["outcome"] == "granted", answer
            # the answer comes before the job is put away
            after = await eventually(
                lambda: asyncio.to_thread(everything_in, empty_redis_url),
                lambda seen: redis_keys.queue(0).encode() not in seen,
            )
    added = {name: value for name, value in after.items() if before.get(name) != value}
    kinds = {name.partition(b":job_")[0] for name in added if not name.startswith(redis_keys.runner_load("").encode())}
    assert kinds <= {b"arq:result", b"arq:in-progress", *LIVING}
    assert not [name for name, value in added.items() if b"the text of it" in value or b"hunter22" in value]


EXCHANGES = redis_keys.exchanges("default")
LIVING = {
    name.encode()
    for name in (
        redis_keys.RUNNERS,
        redis_keys.INSECURE_RUNNERS,
        EXCHANGES,
        redis_keys.ledger(EXCHANGES),
        redis_keys.stream_index(EXCHANGES),
        redis_keys.secrets_used("default"),
        redis_keys.tokens_per_day("default"),
    )
}
"""What changes by itself: heartbeats, and the record of the administrator's own token with size, index and count."""


def everything_in(url: str) -> dict[bytes, bytes]:
    """Every key with its value as Redis itself would store it."""
    with client_of(url) as server:
        dumped = {name: server.dump(name) for name in server.scan_iter()}
    return {name: bytes(value) for name, value in dumped.items() if isinstance(value, bytes)}


FAULTS = [
    pytest.param({}, "script", id="neither script nor rule"),
    pytest.param({"script": "x", "version": 1}, "version", id="a version of a script"),
    pytest.param({"rule_id": "rul_1", "language": "python"}, "language", id="a language of a stored rule"),
    pytest.param({"script": "x" * 262_145}, "script", id="an oversized script"),
    pytest.param({"script": "x", "client": {"name": "n"}}, "client.id", id="a client without an id"),
    pytest.param({"script": "x", "context": {"headers": {"a": 1}}}, "context.headers", id="no header"),
    pytest.param({"script": "x", "context": {"body": {"n": 2**70}}}, "context.body", id="a huge integer"),
    pytest.param({"script": "x", "context": {"body": {"t": "x" * 70_000}}}, "context.body", id="an oversized request"),
    pytest.param({"script": "x", "allow_hosts": ["127.0.0.1"]}, "allow_hosts", id="an address to call"),
    pytest.param({"script": "x", "dependencies": {"../x": "1"}}, "dependencies", id="no package"),
    pytest.param({"script": "x", "limits": {"timeout_s": 21}}, "limits.timeout_s", id="a long timeout"),
    pytest.param({"script": "x", "secrets": {"a b": "1"}}, "secrets", id="a malformed name of a secret"),
    pytest.param({"script": "x", "scope": ["a b"]}, "scope[0]", id="a scope with a space"),
    pytest.param({"script": "x", "colour": "red"}, "colour", id="an unknown field"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "field"), FAULTS)
async def test_a_faulty_field_is_refused_by_name(management: Management, fields: dict[str, Any], field: str) -> None:
    answer = await send(management, **fields)
    assert (answer.status, answer.body.get("field")) == (400, field), answer.text


async def test_a_body_beyond_the_limit_is_refused(management: Management) -> None:
    large = io.BytesIO(b'{"script": "' + b"x" * 1_048_577 + b'"}')
    headers = {"Content-Type": "application/json"}
    answer = await management.call("POST", "/api/v2/rules/try", data=large, headers=headers)
    assert (answer.status, answer.body["message"]) == (400, "The body is larger than 1048576 bytes")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"script": "x", "client": "nobody"}, "inexistent_client", id="client"),
        pytest.param({"rule_id": "rul_nobody"}, "inexistent_rule", id="rule"),
    ],
)
async def test_what_does_not_exist_is_a_404_that_says_what(
    management: Management, fields: dict[str, Any], code: str
) -> None:
    answer = await send(management, **fields)
    assert (answer.status, answer.body["errorCode"]) == (404, code), answer.text


@pytest.mark.parametrize(
    ("scopes", "client", "status"),
    [
        pytest.param(["read:rules"], ACME, 403, id="a reader of rules"),
        pytest.param(["update:rules"], ACME, 200, id="a writer of rules"),
        pytest.param(["update:rules"], None, 403, id="a writer of rules, a stored client"),
        pytest.param(["update:rules", "read:clients"], None, 200, id="a writer of rules who reads clients"),
    ],
)
async def test_trying_needs_the_right_to_change_rules_and_to_read_the_client(
    management: Management, scopes: list[str], client: dict[str, Any] | None, status: int
) -> None:
    made = await management.create("clients", {"name": "an editor"})
    audience = management.admin["audience"]
    await management.create("client-grants", {"client_id": made["client_id"], "audience": audience, "scope": scopes})
    credentials = {"client_id": made["client_id"], "client_secret": made["client_secret"], "audience": audience}
    token = (await management.ask({"grant_type": "client_credentials", **credentials})).body["access_token"]
    body = {"script": "export default () => ({})", "client": client or made["client_id"]}
    answer = await management.call("POST", "/api/v2/rules/try", body, token=token)
    assert answer.status == status, answer.text
    await management.call("DELETE", f"/api/v2/clients/{made['client_id']}")


async def test_too_many_at_once_are_told_to_come_again(management: Management) -> None:
    script = "export default async () => { await new Promise((done) => setTimeout(done, 400)); return {}; };"
    answers = await asyncio.gather(*(send(management, script) for _ in range(30)))
    refused = [answer for answer in answers if answer.status != 200]
    assert 0 < len(refused) <= 14
    assert {(answer.status, answer.headers["retry-after"]) for answer in refused} == {(503, "1")}


async def test_a_script_takes_the_place_of_a_stored_rule_s_text_and_gets_its_secrets(management: Management) -> None:
    stored = "export default () => ({ n: 1 });"
    draft = "export default ({ context }) => ({ length: context.webtask.secrets.KEY.length });"
    async with management.rule(stored, rule_secrets={"KEY": "hunter22"}, name="drafted", enabled=False) as rule:
        assert (await tried(management, draft, rule_id=rule["id"]))["claims"] == {"length": 8}
        assert (await tried(management, rule_id=rule["id"]))["claims"] == {"n": 1}


async def test_with_what_is_expected_the_answer_says_what_differs(management: Management) -> None:
    script = "export default () => ({ plan: 'gold' });"
    assert "differences" not in await tried(management, script)
    assert (await tried(management, script, expect={"claims": {"plan": "gold"}}))["differences"] == []
    other = await tried(management, script, expect={"claims": {"plan": "free"}})
    assert other["differences"] == ['claims.plan: expected "free", got "gold"']
    nothing = await send(management, script, expect={})
    assert (nothing.status, nothing.body["field"]) == (400, "expect")
