"""Actions over HTTP, as Auth0's tools speak of them; they are rules."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fixtures.management import Answer, ApiClient, Management, read_exchange
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

TRIGGERS = [{"id": "credentials-exchange", "version": "v2"}]
PATH = "/api/v2/actions/actions"
EXECUTIONS = "/api/v2/actions/executions"
BINDINGS = "/api/v2/actions/triggers/credentials-exchange/bindings"


def code(expression: object) -> str:
    body = f"api.accessToken.setCustomClaim('said', [...(event.accessToken.customClaims.said ?? []), {expression}]);"
    return f"exports.onExecuteCredentialsExchange = async (event, api) => {{ {body} }};"


@asynccontextmanager
async def action(management: Management, expression: object = 1, **fields: Any) -> AsyncIterator[dict[str, Any]]:
    name = f"action {secrets.token_hex(4)}"
    body = {"name": name, "supported_triggers": TRIGGERS, "code": code(expression), **fields}
    made = await management.create("actions/actions", body)
    try:
        yield made
    finally:
        assert (await management.call("DELETE", f"{PATH}/{made['id']}?force=true")).status == 204


async def bind(management: Management, *actions: dict[str, Any]) -> Answer:
    bindings = [{"ref": {"type": "action_id", "value": each["id"]}} for each in actions]
    return await management.call("PATCH", BINDINGS, {"bindings": bindings})


async def deploy(management: Management, made: dict[str, Any]) -> Answer:
    return await management.call("POST", f"{PATH}/{made['id']}/deploy")


async def said(management: Management, client: ApiClient) -> Any:
    """What the actions of the next token have set."""
    answer = await management.ask(client.request())
    assert answer.status == 200, answer.text
    rules = (await read_exchange(management, answer.headers["x-request-id"]))["rules"]
    return next((rule["claims_set"]["said"] for rule in reversed(rules) if "said" in rule["claims_set"]), None)


async def test_an_action_runs_when_it_is_deployed_and_bound(management: Management) -> None:
    client = await management.a_client()
    async with action(management) as made:
        assert (made["status"], made["all_changes_deployed"], "deployed_version" in made) == ("built", False, False)
        early = await bind(management, made)
        assert (early.status, early.body["field"]) == (400, "bindings[0].ref.value")
        enabled = await management.call("PATCH", f"/api/v2/rules/{made['id']}", {"enabled": True})
        assert (enabled.status, enabled.body["field"]) == (400, "enabled")
        version = await deploy(management, made)
        assert (version.status, version.body["number"], version.body["deployed"]) == (200, 1, True)
        assert await said(management, client) is None
        bound = await bind(management, made)
        assert [each["action"]["id"] for each in bound.body["bindings"]] == [made["id"]]
        assert await said(management, client) == [1]
        assert (await bind(management)).body == {"bindings": []}
        assert await said(management, client) is None


async def test_an_update_is_a_draft_until_it_is_deployed(management: Management) -> None:
    client = await management.a_client()
    async with action(management, deploy=True) as made:
        assert (made["all_changes_deployed"], made["deployed_version"]["number"]) == (True, 1)
        await bind(management, made)
        path = f"{PATH}/{made['id']}"
        patched = (await management.call("PATCH", path, {"code": code(2)})).body
        assert (patched["code"], patched["all_changes_deployed"]) == (code(2), False)
        assert patched["deployed_version"]["code"] == code(1)
        assert await said(management, client) == [1]
        await deploy(management, made)
        read = (await management.call("GET", path)).body
        assert (read["all_changes_deployed"], read["deployed_version"]["code"]) == (True, code(2))
        assert await said(management, client) == [2]


async def test_an_older_version_is_deployed_again(management: Management) -> None:
    async with action(management, deploy=True) as made:
        path = f"{PATH}/{made['id']}"
        await management.call("PATCH", path, {"code": code(2)})
        await deploy(management, made)
        page = (await management.call("GET", f"{path}/versions")).body
        assert (page["total"], page["page"], page["per_page"]) == (2, 0, 50)
        assert [(v["id"], v["deployed"], v["status"]) for v in page["versions"]] == [
            ("2", True, "built"),
            ("1", False, "built"),
        ]
        back = await management.call("POST", f"{path}/versions/1/deploy")
        assert (back.status, back.body["code"], back.body["deployed"]) == (202, code(1), True)
        assert (await management.call("GET", f"{path}/versions/1")).body == back.body
        await management.call("PATCH", path, {"code": code(3)})
        await management.call("POST", f"{path}/versions/2/deploy", {"update_draft": True})
        read = (await management.call("GET", path)).body
        assert (read["code"], read["all_changes_deployed"]) == (code(2), True)


async def test_bindings_are_the_order_of_the_flow(management: Management) -> None:
    client = await management.a_client()
    async with (
        action(management, 1, deploy=True) as first,
        action(management, 2, deploy=True) as second,
        management.rule(code(0), audiences=[client.audience], order=0) as rule,
    ):
        await bind(management, second, first)
        assert await said(management, client) == [2, 1]
        by_name = [
            {"ref": {"type": "action_name", "value": first["name"]}, "display_name": "begins"},
            {"ref": {"type": "binding_id", "value": rule["id"]}},
            {"ref": {"type": "action_id", "value": second["id"]}},
        ]
        answer = await management.call("PATCH", BINDINGS, {"bindings": by_name})
        assert [each["display_name"] for each in answer.body["bindings"]] == ["begins", rule["name"], second["name"]]
        assert await said(management, client) == [1, 0, 2]
        again = await management.call("PATCH", BINDINGS, {"bindings": by_name})
        assert again.body == answer.body
        listed = (await management.call("GET", f"{BINDINGS}?page=0&per_page=2")).body
        assert (listed["total"], listed["bindings"]) == (3, answer.body["bindings"][:2])


async def test_bindings_leave_rules_alone_that_are_no_actions(management: Management) -> None:
    hook = "module.exports = (c, scope, a, x, cb) => cb(null, { scope });"
    async with management.rule(hook) as rule, action(management, deploy=True) as made:
        await bind(management, made)
        await bind(management)
        assert (await management.call("GET", f"/api/v2/rules/{rule['id']}")).body == {**rule, "pause": None}


async def test_secrets_of_an_action_are_its_own_list_and_never_shown(management: Management) -> None:
    client = await management.a_client()
    given = [{"name": "A", "value": "hunter22"}, {"name": "B", "value": "hunter23"}]
    async with action(management, "event.secrets.A.length", secrets=given, deploy=True) as made:
        assert [secret["name"] for secret in made["secrets"]] == ["A", "B"]
        await bind(management, made)
        assert await said(management, client) == [8]
        path = f"{PATH}/{made['id']}"
        patched = await management.call("PATCH", path, {"secrets": [{"name": "A"}, {"name": "C", "value": "hunter24"}]})
        assert [secret["name"] for secret in patched.body["secrets"]] == ["A", "C"]
        assert "hunter" not in patched.text
        assert await said(management, client) == [8]
        assert (await management.call("PATCH", path, {"secrets": [{"name": "D"}]})).body["field"] == "secrets"


async def test_the_newest_code_is_tested_on_an_event_without_a_token(management: Management) -> None:
    given = [{"name": "A", "value": "hunter22"}]
    async with action(management, 1, secrets=given, deploy=True) as made:
        expression = "event.client.metadata.plan, event.request.ip, event.secrets.A.length, event.accessToken.scope[0]"
        path = f"{PATH}/{made['id']}"
        await management.call("PATCH", path, {"code": code(expression)})
        event = {
            "client": {"client_id": "acme", "name": "Acme", "metadata": {"plan": "gold"}},
            "request": {"ip": "192.0.2.1", "method": "POST", "geoip": {}},
            "accessToken": {"scope": ["read"], "customClaims": {}},
            "resource_server": {"identifier": "https://api.example.com/"},
        }
        answer = await management.call("POST", f"{path}/test", {"payload": {"event": event}})
        assert answer.status == 200, answer.text
        payload = answer.body["payload"]
        assert (payload["outcome"], payload["claims"]) == ("granted", {"said": ["gold", "192.0.2.1", 8, "read"]})
        bare = await management.call("POST", f"{path}/test", {"payload": {}})
        assert bare.body["payload"]["claims"] == {"said": [None, "127.0.0.1", 8, None]}
        assert (await management.call("POST", f"{path}/test", {})).body["field"] == "payload"


async def test_the_list_can_be_narrowed_and_has_actions_made_as_rules(management: Management) -> None:
    hook = "module.exports = (c, scope, a, x, cb) => cb(null, { scope });"
    async with (
        action(management) as made,
        management.rule(code(1), enabled=False) as rule,
        management.rule(hook, enabled=False) as no_action,
    ):
        page = (await management.call("GET", f"{PATH}?page=0&per_page=100")).body
        ids = [each["id"] for each in page["actions"]]
        assert page["total"] == len(ids)
        assert {made["id"], rule["id"]} <= set(ids)
        assert no_action["id"] not in ids
        assert (await management.call("GET", f"{PATH}/{no_action['id']}")).status == 404
        named = (await management.call("GET", f"{PATH}?actionName={made['name']}&triggerId=credentials-exchange")).body
        assert [each["id"] for each in named["actions"]] == [made["id"]]
        deployed = (await management.call("GET", f"{PATH}?deployed=true&per_page=100")).body
        assert made["id"] not in {each["id"] for each in deployed["actions"]}


async def test_what_was_sent_is_what_is_shown(management: Management) -> None:
    async with action(management, runtime="node18-actions", supported_triggers=TRIGGERS) as made:
        assert (made["runtime"], made["supported_triggers"], made["dependencies"]) == ("node18-actions", TRIGGERS, [])
        assert made["created_at"] == made["updated_at"]
        change = {"runtime": "node22", "name": "renamed"}
        patched = (await management.call("PATCH", f"{PATH}/{made['id']}", change)).body
        assert (patched["runtime"], patched["name"], patched["code"]) == ("node22", "renamed", made["code"])
        again = (await management.call("PATCH", f"{PATH}/{made['id']}", {**change, "code": code(1)})).body
        assert again == patched


async def test_an_action_without_code_is_pending_and_cannot_be_deployed(management: Management) -> None:
    async with action(management, code="") as made:
        assert made["status"] == "pending"
        refused = await deploy(management, made)
        assert refused.status == 400
        assert "must be in the 'built' state" in refused.body["message"]


async def test_a_bound_action_is_deleted_only_by_force(management: Management) -> None:
    async with action(management, deploy=True) as made:
        await bind(management, made)
        assert (await management.call("DELETE", f"{PATH}/{made['id']}")).status == 409
        await bind(management)
    gone = await management.call("DELETE", f"{PATH}/{made['id']}")
    assert (gone.status, gone.body["message"]) == (404, "That action does not exist.")


async def test_an_action_that_was_changed_since_is_left_as_it_is(management: Management) -> None:
    async with action(management, deploy=True) as made:
        path = f"{PATH}/{made['id']}"
        read = await management.call("GET", path)
        tag = {"If-Match": read.headers["etag"]}
        patched = await management.call("PATCH", path, {"code": code(2)}, headers=tag)
        assert patched.status == 200
        for method, call in (("PATCH", path), ("POST", f"{path}/deploy"), ("POST", f"{path}/versions/1/deploy")):
            body = {"name": "other"} if method == "PATCH" else None
            assert (await management.call(method, call, body, headers=tag)).status == 412, call
        assert (await management.call("DELETE", path, headers=tag)).status == 412
        tag = {"If-Match": patched.headers["etag"]}
        assert (await management.call("POST", f"{path}/deploy", headers=tag)).status == 200


async def test_an_action_is_made_once_with_an_idempotency_key(management: Management) -> None:
    body = {"name": f"once {secrets.token_hex(4)}", "supported_triggers": TRIGGERS, "code": code(1)}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    first, second = [await management.call("POST", PATH, body, headers=headers) for _ in range(2)]
    assert (first.status, second.status, second.body) == (201, 201, first.body)
    await management.call("DELETE", f"{PATH}/{first.body['id']}")


async def test_the_audit_log_says_what_changed_and_shows_no_secret(management: Management) -> None:
    given = [{"name": "A", "value": "hunter22"}]
    async with action(management, secrets=given) as made:
        await management.call("PATCH", f"{PATH}/{made['id']}", {"code": code(2)})
        entries = await management.call("GET", "/api/v2/logs?per_page=100")
    assert "hunter22" not in entries.text
    assert f"{PATH}/{made['id']}" in entries.text


async def test_there_is_one_trigger_and_no_module(management: Management) -> None:
    (trigger,) = (await management.call("GET", "/api/v2/actions/triggers")).body["triggers"]
    assert (trigger["id"], trigger["version"], trigger["status"]) == ("credentials-exchange", "v2", "CURRENT")
    assert (await management.call("GET", "/api/v2/actions/modules?page=0&per_page=100")).body["modules"] == []
    other = await management.call("GET", BINDINGS.replace("credentials-exchange", "post-login"))
    assert other.status == 400
    assert "credentials-exchange" in other.body["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"supported_triggers": [{"id": "post-login", "version": "v3"}]}, "supported_triggers", id="login"),
        pytest.param(
            {"supported_triggers": [{"id": "credentials-exchange", "version": "v1"}]}, "supported_triggers", id="v1"
        ),
        pytest.param({"supported_triggers": []}, "supported_triggers", id="no trigger"),
        pytest.param({"colour": "red"}, "colour", id="an unknown field"),
        pytest.param({"secrets": [{"name": "A"}]}, "secrets[0].value", id="a secret without a value"),
        pytest.param({"secrets": [{"name": "A", "value": "1"}] * 2}, "secrets", id="a secret twice"),
        pytest.param({"dependencies": [{"name": "a", "version": "1"}] * 2}, "dependencies", id="a package twice"),
        pytest.param(
            {"dependencies": [{"name": "a", "registry_url": "https://r/"}]}, "dependencies[0].registry_url",
            id="another registry",
        ),
        pytest.param({"code": "", "deploy": True}, None, id="nothing to deploy"),
    ],
)  # fmt: skip
async def test_a_faulty_action_is_refused_by_the_field(
    management: Management, change: dict[str, Any], field: str | None
) -> None:
    body = {"name": "faulty", "supported_triggers": TRIGGERS, "code": code(1), **change}
    refused = await management.call("POST", PATH, body)
    assert (refused.status, refused.body.get("field")) == (400, field), refused.text


@pytest.mark.parametrize(
    "bindings",
    [
        pytest.param([{"ref": {"type": "action_name", "value": "nobody"}}], id="an action that is not there"),
        pytest.param([{"ref": {"type": "colour", "value": "red"}}], id="another kind of reference"),
    ],
)
async def test_faulty_bindings_are_refused_and_change_nothing(
    management: Management, bindings: list[dict[str, Any]]
) -> None:
    async with action(management, deploy=True) as made:
        await bind(management, made)
        refused = await management.call("PATCH", BINDINGS, {"bindings": bindings})
        assert refused.status == 400
        twice = await bind(management, made, made)
        assert (twice.status, twice.body["field"]) == (400, "bindings")
        assert len((await management.call("GET", BINDINGS)).body["bindings"]) == 1


async def test_every_call_needs_its_scope(management: Management) -> None:
    client = await management.a_client()
    token = (await management.ask(client.request())).body["access_token"]
    for method, path in (
        ("GET", PATH), ("POST", PATH), ("GET", f"{PATH}/x"), ("PATCH", f"{PATH}/x"), ("DELETE", f"{PATH}/x"),
        ("POST", f"{PATH}/x/deploy"), ("POST", f"{PATH}/x/test"), ("GET", f"{PATH}/x/versions"),
        ("GET", f"{PATH}/x/versions/1"),
        ("POST", f"{PATH}/x/versions/1/deploy"), ("GET", "/api/v2/actions/triggers"), ("GET", BINDINGS),
        ("PATCH", BINDINGS), ("GET", "/api/v2/actions/modules"), ("GET", "/api/v2/hooks"), ("POST", "/api/v2/hooks"),
        ("GET", "/api/v2/hooks/x"), ("PATCH", "/api/v2/hooks/x"), ("DELETE", "/api/v2/hooks/x"),
        ("GET", "/api/v2/hooks/x/secrets"), ("POST", "/api/v2/hooks/x/secrets"), ("PATCH", "/api/v2/hooks/x/secrets"),
        ("DELETE", "/api/v2/hooks/x/secrets"), ("GET", "/api/v2/rules/x/versions"),
        ("GET", "/api/v2/rules/x/versions/1"), ("POST", "/api/v2/rules/x/versions/1/deploy"),
        ("GET", "/api/v2/rules/x/diff"),
    ):  # fmt: skip
        assert (await management.call(method, path, token=token)).status == 401, (method, path)


async def logs_name(tenant: Management, *execution_ids: str) -> bool:
    """Whether the log names these executions, oldest first; an exchange is read earlier than it is in the log."""
    entries = (await tenant.call("GET", "/api/v2/logs?take=100")).body
    executions = [entry["details"]["actions"]["executions"] for entry in entries if "actions" in entry["details"]]
    return executions == [[execution_id] for execution_id in execution_ids]


async def test_an_execution_tells_which_actions_a_token_request_ran_and_what_ended_it(management: Management) -> None:
    refusal = (
        "exports.onExecuteCredentialsExchange = async (event, api) => api.access.deny('invalid_request', 'not you');"
    )
    async with a_tenant(management) as tenant, action(tenant) as first, action(tenant, code=refusal) as second:
        client = await tenant.a_client()
        assert (await deploy(tenant, first)).status == (await deploy(tenant, second)).status == 200
        assert (await bind(tenant, first)).status == 200
        granted = (await tenant.ask(client.request())).headers["x-request-id"]
        assert (await bind(tenant, first, second)).status == 200
        refused = (await tenant.ask(client.request())).headers["x-request-id"]
        for execution_id in (granted, refused):
            await read_exchange(tenant, execution_id)
        one, two = [(await tenant.call("GET", f"{EXECUTIONS}/{each}")).body for each in (granted, refused)]
        await eventually(lambda: logs_name(tenant, granted, refused))
        unknown = await tenant.call("GET", f"{EXECUTIONS}/{'exc_' + '0' * 28}")
        elsewhere = await management.call("GET", f"{EXECUTIONS}/{granted}")

    assert (one["id"], one["trigger_id"], one["status"]) == (granted, "credentials-exchange", "final")
    assert [(result["action_name"], "error" in result) for result in one["results"]] == [(first["name"], False)]
    assert [result["action_name"] for result in two["results"]] == [first["name"], second["name"]]
    assert "error" not in two["results"][0]
    assert two["results"][1]["error"] == {"id": "denied", "msg": "not you"}
    moments = [two["created_at"], *(result[name] for result in two["results"] for name in ("started_at", "ended_at"))]
    assert moments == sorted(moments)
    assert (unknown.status, unknown.body["errorCode"]) == (404, "inexistent_execution")
    assert elsewhere.status == 404
