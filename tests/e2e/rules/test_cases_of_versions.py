"""Cases belong to a version: a version goes live only if all of its cases hold, unless its caller forces it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import Answer, Management

pytestmark = pytest.mark.timeout(120)

GOLD = "export default ({ client }) => ({ plan: client.metadata.plan ?? 'free' });"
GREEN: dict[str, Any] = {"name": "nobody is free", "expect": {"claims": {"plan": "free"}}}
OF_GOLD: dict[str, Any] = {
    "name": "gold is gold",
    "client": {"metadata": {"plan": "gold"}},
    "expect": {"claims": {"plan": "gold"}},
}
RED: dict[str, Any] = {"name": "everybody is gold", "expect": {"claims": {"plan": "gold"}}}


@pytest.fixture
async def rule(management: Management) -> AsyncIterator[dict[str, Any]]:
    """A rule of no client, with two green cases."""
    name = f"cases {secrets.token_hex(4)}"
    body = {"name": name, "script": GOLD, "clients": ["nobody"], "cases": [GREEN, OF_GOLD]}
    made = await management.create("rules", body)
    yield made
    await management.call("DELETE", f"/api/v2/rules/{made['id']}")


def path_of(rule: dict[str, Any]) -> str:
    return f"/api/v2/rules/{rule['id']}"


def assert_red(answer: Answer, *differences: str) -> None:
    assert (answer.status, answer.body["errorCode"], answer.body["field"]) == (409, "red_cases", "cases"), answer.text
    assert [difference for case in answer.body["cases"] for difference in case["differences"]] == [*differences]


async def test_cases_are_shown_with_the_version_that_has_them(management: Management, rule: dict[str, Any]) -> None:
    path = path_of(rule)
    assert [case["name"] for case in rule["cases"]] == ["nobody is free", "gold is gold"]
    changed = await management.call("PATCH", path, {"cases": [OF_GOLD]})
    assert (changed.status, changed.body["version"], len(changed.body["cases"])) == (200, 2, 1)
    assert (await management.call("PATCH", path, {"cases": [OF_GOLD]})).body["version"] == 2
    versions = (await management.call("GET", f"{path}/versions")).body
    assert [(each["number"], each["case_count"]) for each in versions] == [(2, 1), (1, 2)]
    assert len((await management.call("GET", f"{path}/versions/1")).body["cases"]) == 2
    diff = (await management.call("GET", f"{path}/diff?from=1&to=2")).body
    assert [case["name"] for case in diff["changed"]["cases"]["to"]] == ["gold is gold"]
    listed = (await management.call("GET", "/api/v2/rules?per_page=100")).body
    assert all("cases" not in each for each in listed)


async def test_a_version_with_a_red_case_is_not_made_and_the_answer_says_what_differs(
    management: Management, rule: dict[str, Any]
) -> None:
    assert_red(
        await management.call("PATCH", path_of(rule), {"cases": [GREEN, RED]}),
        'claims.plan: expected "gold", got "free"',
    )
    broken = GOLD.replace("'free'", "'none'")
    refused = await management.call("PATCH", path_of(rule), {"script": broken})
    assert_red(refused, 'claims.plan: expected "free", got "none"')
    assert 'nobody is free: claims.plan: expected "free", got "none"' in refused.body["message"]
    assert (await management.call("GET", path_of(rule))).body["version"] == 1
    made = await management.call("POST", "/api/v2/rules", {"name": "never made", "script": GOLD, "cases": [RED]})
    assert_red(made, 'claims.plan: expected "gold", got "free"')


async def test_a_forced_version_runs_and_the_tenant_s_log_tells(management: Management, rule: dict[str, Any]) -> None:
    path = path_of(rule)
    forced = await management.call("PATCH", f"{path}?force=true", {"cases": [RED]})
    assert (forced.status, forced.body["version"]) == (200, 2), forced.text
    assert f"{path}?force=true" in (await management.call("GET", "/api/v2/logs?per_page=20")).text
    assert (await management.call("PATCH", f"{path}?force=1", {"cases": []})).body["field"] == "force"


async def test_a_draft_s_cases_run_when_it_is_deployed_and_a_rollback_runs_its_own(
    management: Management, rule: dict[str, Any]
) -> None:
    path = path_of(rule)
    draft = await management.call("PATCH", path, {"draft": True, "cases": [RED]})
    assert (draft.status, draft.body["draft_version"]) == (200, 2)
    assert_red(await management.call("POST", f"{path}/versions/2/deploy"), 'claims.plan: expected "gold", got "free"')
    forced = await management.call("POST", f"{path}/versions/2/deploy?force=true")
    assert (forced.status, forced.body["version"]) == (200, 2)
    back = await management.call("POST", f"{path}/versions/1/deploy")
    assert (back.status, back.body["version"], len(back.body["cases"])) == (200, 1, 2)


@pytest.mark.parametrize(
    ("cases", "field"),
    [
        pytest.param([GREEN, GREEN], "cases[1].name", id="one name twice"),
        pytest.param([{"name": "a", "expect": {}}], "cases[0].expect", id="nothing is expected"),
        pytest.param([{**GREEN, "client": {"id": "a:b"}}], "cases[0]", id="a client that cannot be"),
        pytest.param([{**GREEN, "colour": 1}], "cases[0].colour", id="an unknown field"),
        pytest.param([{**GREEN, "ip": "x" * 65}], "cases[0].ip", id="a text that is too long"),
        pytest.param(
            [{**GREEN, "name": str(n), "query": {"q": "x" * 2_000}} for n in range(40)], "cases", id="too many bytes"
        ),
        pytest.param([{**GREEN, "name": str(number)} for number in range(101)], "cases", id="too many"),
    ],
)
async def test_cases_that_cannot_be_are_refused_with_their_field(
    management: Management, rule: dict[str, Any], cases: list[Any], field: str
) -> None:
    refused = await management.call("PATCH", path_of(rule), {"cases": cases})
    assert (refused.status, refused.body["field"]) == (400, field), refused.text


async def test_a_case_of_a_stored_client_shows_it_only_to_who_may_read_clients(
    management: Management, rule: dict[str, Any]
) -> None:
    client = await management.a_client(metadata={"plan": "silver"})
    cases = [{"name": "silver", "client": client.client_id, "expect": {"claims": {"plan": "gold"}}}]
    assert_red(
        await management.call("PATCH", path_of(rule), {"cases": cases}), 'claims.plan: expected "gold", got "silver"'
    )
    gone = [{**cases[0], "client": "nobody"}]
    assert_red(await management.call("PATCH", path_of(rule), {"cases": gone}), "client: there is no client nobody")
    token = await a_token_for(management, "update:rules")
    refused = await management.call("PATCH", path_of(rule), {"cases": cases}, token=token)
    assert (refused.status, "read:clients" in refused.body["message"]) == (403, True), refused.text
    assert "silver" not in refused.body["message"].replace("The case silver", "")


async def a_token_for(management: Management, scope: str) -> str:
    """A token for the management API with this scope only."""
    client = await management.create("clients", {"name": "an author"})
    audience = management.admin["audience"]
    await management.create("client-grants", {"client_id": client["client_id"], "audience": audience, "scope": [scope]})
    asked = {name: client[name] for name in ("client_id", "client_secret")}
    answer = await management.ask({"grant_type": "client_credentials", "audience": audience, **asked})
    return str(answer.body["access_token"])


async def test_without_a_runner_a_version_with_cases_is_a_draft(lone_gateway: Management) -> None:
    body = {"name": f"cases {secrets.token_hex(4)}", "script": GOLD, "cases": [GREEN]}
    made = await lone_gateway.call("POST", "/api/v2/rules", body)
    assert (made.status, made.body["version"], made.body["draft_version"]) == (201, 0, 1)
    assert len(made.body["cases"]) == 1
    unchecked = await lone_gateway.call("POST", f"{path_of(made.body)}/versions/1/deploy?no_check=true")
    assert (unchecked.status, unchecked.body["version"]) == (200, 1)


async def test_a_hook_that_is_changed_runs_the_cases_of_its_rule(management: Management) -> None:
    script = "module.exports = (client, scope, audience, context, cb) => cb(null, { 'https://x/n': 1 });"
    trigger = {"triggerId": "credentials-exchange"}
    hook = await management.create("hooks", {"name": f"h-{secrets.token_hex(4)}", "script": script, **trigger})
    cases = [{"name": "one", "expect": {"claims": {"https://x/n": 1}}}]
    path = f"/api/v2/rules/{hook['id']}"
    try:
        assert (await management.call("PATCH", path, {"cases": cases})).status == 200
        changed = {"script": script.replace("1 }", "2 }")}
        refused = await management.call("PATCH", f"/api/v2/hooks/{hook['id']}", changed)
        assert_red(refused, "claims.https://x/n: expected 1, got 2")
    finally:
        await management.call("DELETE", path)
