"""A rule that fails may have its last good answer in its place: to the same question, and never over a refusal."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import jwt
import pytest

from fixtures.management import Answer, ApiClient, Management, read_exchange
from fixtures.waiting import eventually
from fixtures.watching import Watch, watching

pytestmark = pytest.mark.timeout(120)

RULE = """
export default ({ context }) => {
  const wanted = context.webtask.headers['x-correlation-id'];
  if (wanted === 'throw') throw new Error('the service is away');
  if (wanted === 'refuse') throw new AccessDenied('not today');
  if (wanted === 'crash') while (true) {}
  return { plan: 'gold' };
};
"""
"""It does as a header says that names one request, and so is no part of the question."""
STALE: dict[str, Any] = {"on_failure": "stale:5"}


async def ask(management: Management, client: ApiClient, wanted: str, **parameters: str) -> Answer:
    return await management.ask(client.request(**parameters), headers={"X-Correlation-Id": wanted})


async def ask_until_kept(management: Management, client: ApiClient) -> Answer:
    """A failure after a success, once that is kept: it is written behind its token."""
    assert (await ask(management, client, "grant")).status == 200
    return await eventually(lambda: ask(management, client, "throw"), lambda answer: answer.status == 200)


async def stale_lines(watch: Watch, invocation: str) -> list[dict[str, Any]]:
    """The lines of the log that tell of its stale token."""
    said = "failed:exception: the token is made of the answer of"
    return [each for each in watch.records if each["invocation"] == invocation and said in str(each.get("message", ""))]


def claims_of(answer: Answer) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    return claims


async def test_a_failure_gets_the_last_good_answer_and_everything_says_so(management: Management) -> None:
    client = await management.a_client()
    async with (
        watching(management) as watch,
        management.rule(RULE, clients=[client.client_id], **STALE) as rule,
    ):
        assert "rulemint-stale" not in (await ask(management, client, "grant")).headers
        answer = await ask_until_kept(management, client)
        claims = claims_of(answer)
        assert (claims["plan"], claims["scope"]) == ("gold", "read write")
        assert time.time() - 60 < claims["stale_since"] <= claims["iat"]
        assert 0 <= int(answer.headers["rulemint-stale"]) < 60
        record = await read_exchange(management, answer.headers["x-request-id"])
        assert (record["outcome"], record["stale_since_ms"] // 1000) == ("granted", claims["stale_since"])
        assert "failed:exception: " in record["detail"]
        assert "the service is away" in record["detail"]
        (line,) = await eventually(partial(stale_lines, watch, answer.headers["x-request-id"]), bool)
        assert (line["level"], line["rule"], line["client_id"]) == ("warn", rule["name"], client.client_id)
        other = await ask(management, client, "throw", colour="red")
        assert other.status == 500, "to another question"
        assert rule["on_failure"] == "stale:5"


async def test_a_refusal_is_obeyed_and_ends_every_answer_before_it(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(RULE, clients=[client.client_id], **STALE):
        await ask_until_kept(management, client)
        assert (await ask(management, client, "refuse")).status == 403
        assert (await ask(management, client, "throw")).status == 500, "at once"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"script": f"// changed\n{RULE}"}, id="another version"),
        pytest.param({"on_failure": "closed"}, id="a closed rule"),
        pytest.param("secret", id="other secrets"),
    ],
)
async def test_over_a_change_there_is_no_earlier_answer(management: Management, change: Any) -> None:
    client = await management.a_client()
    async with management.rule(RULE, clients=[client.client_id], **STALE) as rule:
        await ask_until_kept(management, client)
        path = f"/api/v2/rules/{rule['id']}"
        if change == "secret":
            assert (await management.call("POST", f"{path}/secrets", {"A": "b"})).status == 201
        else:
            assert (await management.call("PATCH", path, change)).status == 200
        assert (await ask(management, client, "throw")).status == 500


async def test_a_closed_rule_before_it_that_says_less_by_now_is_obeyed(management: Management) -> None:
    client = await management.a_client()
    less = "context.webtask.headers['x-correlation-id'].startsWith('less')"
    first = f"export default ({{ scope, context }}) => ({{ scope: {less} ? scope.slice(0, 1) : scope }});"
    second = RULE.replace("wanted === 'throw'", "wanted.endsWith('throw')")
    async with (
        management.rule(first, clients=[client.client_id]),
        management.rule(second, clients=[client.client_id], **STALE),
    ):
        assert (await ask_until_kept(management, client)).body["scope"] == "read write"
        assert (await ask(management, client, "less, and throw")).status == 500


async def test_a_version_that_was_replaced_and_runs_again_has_no_answer_of_before(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(RULE, clients=[client.client_id], **STALE) as rule:
        await ask_until_kept(management, client)
        path = f"/api/v2/rules/{rule['id']}"
        assert (await management.call("PATCH", path, {"script": f"// changed\n{RULE}"})).status == 200
        assert (await management.call("POST", f"{path}/versions/1/deploy")).status == 200
        assert (await ask(management, client, "throw")).status == 500


async def test_a_rule_that_is_ended_has_its_last_answer_too(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(RULE, clients=[client.client_id], limits={"timeout_s": 0.5}, **STALE):
        await ask_until_kept(management, client)
        answer = await ask(management, client, "crash")
        assert answer.status == 200, answer.text
        record = await read_exchange(management, answer.headers["x-request-id"])
        assert record["detail"].startswith("failed:timeout")


async def test_every_rule_that_said_nothing_must_allow_it(management: Management) -> None:
    client = await management.a_client()
    async with (
        management.rule(RULE, clients=[client.client_id], **STALE),
        management.rule("export default () => ({ second: 1 });", clients=[client.client_id]) as second,
    ):
        assert (await ask(management, client, "grant")).status == 200
        path = f"/api/v2/rules/{second['id']}"
        assert (await management.call("PATCH", path, STALE)).status == 200
        answer = await ask_until_kept(management, client)
        assert claims_of(answer)["second"] == 1
        assert (await management.call("PATCH", path, {"on_failure": "closed"})).status == 200
        assert (await ask(management, client, "throw")).status == 500


@pytest.mark.parametrize("policy", ["open", "stale", "stale:0", "stale:1441", "stale:5m"])
async def test_a_policy_that_is_none_is_refused(management: Management, policy: str) -> None:
    body = {"name": "never made", "script": RULE, "on_failure": policy}
    refused = await management.call("POST", "/api/v2/rules", body)
    assert (refused.status, refused.body["field"]) == (400, "on_failure")
    assert "closed, or stale: and 1 to 1440 minutes" in refused.body["message"]
