"""From a failed token to its reason: the list of token requests over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import pytest

from fixtures.management import Answer, Management, read_exchange
from fixtures.waiting import eventually
from rulemint_gateway.web.connections.open_connections import CutShort
from rulemint_gateway.web.metrics.metrics import every_outcome

DENIES = "module.exports = (client, scope, audience, context, cb) => cb(new Error('not today'));"


async def listed(management: Management, **query: Any) -> list[dict[str, Any]]:
    answer = await management.call("GET", "/api/v2/exchanges", params=query)
    assert answer.status == 200, answer.text
    found: list[dict[str, Any]] = answer.body["exchanges"]
    return found


async def kept(management: Management, failed: Answer) -> dict[str, Any]:
    """The entry of *failed*, which is written behind the answer."""
    for _ in range(200):
        if found := await listed(management, id=failed.body["exchange_id"]):
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError(failed.text)


async def test_a_client_s_failed_token_is_found_with_its_reason_and_its_rule(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(DENIES, name="gate", clients=[client.client_id]):
        failed = await management.ask(client.request())
    assert failed.status >= 400
    entry = await kept(management, failed)
    whole = await read_exchange(management, entry["id"])
    assert {name: whole[name] for name in entry if name not in {"log_id", "rules"}} == {
        name: entry[name] for name in entry if name not in {"log_id", "rules"}
    }
    assert entry["rules"] == [{"rule": "gate", "version": 1}]
    assert [each["id"] for each in await listed(management, client_id=client.client_id)] == [entry["id"]]
    of_its_outcome = await listed(management, client_id=client.client_id, outcome=entry["outcome"].partition(":")[0])
    assert of_its_outcome == [entry]
    assert await listed(management, client_id=client.client_id, outcome="granted") == []
    assert (await management.call("GET", f"/api/v2/logs/{entry['log_id']}")).body["details"]["exchange_id"] == entry[
        "id"
    ]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/v2/exchanges?outcome=failed:bogus", "failed:timeout"),
        ("/api/v2/exchanges?outcome=refused:bogus", "refused:invalid_client"),
        ("/api/v2/exchanges?outcome=granted:timeout", "granted"),
        ("/api/v2/logs?outcome=failed:bogus", "failed:timeout"),
        ("/logs?follow=false&outcome=refused", "failed:timeout"),
        ("/logs?follow=false&level=loud", "warn"),
        ("/logs?follow=false&type=bogus", "invocation.ended"),
    ],
)
async def test_a_filter_that_nothing_can_fit_is_refused_with_what_can(
    management: Management, path: str, allowed: str
) -> None:
    refused = await management.call("GET", path)
    field, _, value = path.rpartition("&" if "&" in path else "?")[2].partition("=")
    assert (refused.status, refused.body["field"]) == (400, field), refused.text
    assert refused.body["message"].startswith(f'Query validation error: {field}: "{value}" is not one of ')
    assert allowed in refused.body["message"].partition(" is not one of ")[2].split(", ")


async def test_a_time_that_is_not_after_the_other_is_refused(management: Management) -> None:
    refused = await management.call("GET", "/api/v2/exchanges?since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z")
    assert (refused.status, refused.body["field"]) == (400, "until")


async def test_names_and_ids_that_could_come_to_be_are_asked_for(management: Management) -> None:
    for query in ("rule=not there yet", "client_id=not-made-yet", "jti=of-another-issuer", "id=00000000"):
        assert await listed(management, **dict([query.split("=")])) == []


async def test_every_outcome_that_records_and_metrics_have_is_taken(management: Management) -> None:
    for outcome in {*every_outcome(), "failed", "refused"} - {CutShort.CLIENT_GONE.value}:
        await listed(management, outcome=outcome)


THROWS = "module.exports = (client, scope, audience, context, cb) => {\n  null.x;\n};"


async def test_a_record_says_who_was_to_run_where_it_ran_what_ended_it_and_where_the_time_went(
    management: Management,
) -> None:
    client = await management.a_client()
    async with (
        management.rule(THROWS, name="throws", clients=[client.client_id]),
        management.rule(DENIES, name="never", clients=[client.client_id]),
    ):
        failed = await management.ask(client.request())
    whole = await read_exchange(management, (await kept(management, failed))["id"])
    assert [(each["rule"], each["version"], each["secrets_revision"]) for each in whole["flow"]] == [
        ("throws", 1, 0),
        ("never", 1, 0),
    ]
    (report,) = whole["rules"]
    assert report["ended_at"]["line"] == 2
    assert report["ran_on"]["engine"].startswith("Deno ")
    assert (report["ran_on"]["host"] > 0, report["ran_on"]["runs_before"]) == (True, 0)
    assert report["ran_on"]["start"] in {"spare", "cold"}
    assert report["ran_on"]["memory_mb"] > 0
    assert whole["config_revision"] > 0
    steps = whole["waterfall"]
    assert [each["step"] for each in steps] == [
        "authenticate", "gateway", "queue", "host", "rule", "runner", "return", "answer",
    ]  # fmt: skip
    assert sum(each["duration_ms"] for each in steps) == pytest.approx(whole["timings"]["total_ms"], abs=1)


async def test_a_token_is_found_by_its_jti_which_is_the_id_of_its_request(management: Management) -> None:
    client = await management.a_client()
    granted = await management.ask(client.request())
    claims = jwt.decode(granted.body["access_token"], options={"verify_signature": False})
    whole = await read_exchange(management, claims["jti"])
    assert (whole["id"], whole["jti"], whole["exp"]) == (claims["jti"], claims["jti"], claims["exp"])
    (entry,) = await eventually(lambda: listed(management, jti=claims["jti"]), lambda found: len(found) == 1)
    assert (entry["id"], entry["exp"]) == (whole["id"], claims["exp"])


async def test_a_wrong_secret_is_listed_though_the_client_was_not_proved(management: Management) -> None:
    client = await management.a_client()
    failed = await management.ask(client.request(client_secret="wrong"))
    entry = await kept(management, failed)
    assert (entry["outcome"], entry["client_id"], entry["secret_name"]) == (
        "refused:access_denied" if failed.body["error"] == "access_denied" else "refused:invalid_client",
        client.client_id,
        None,
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"since": "yesterday"}, "since: 'yesterday' is neither a time such as"),
        ({"until": "tomorrow"}, "until: 'tomorrow' is neither a time such as"),
        ({"from": "exc_1"}, "from must be the next of another answer"),
        ({"take": "0"}, "take"),
        ({"page": "1"}, "page"),
    ],
)
async def test_a_parameter_that_cannot_be_is_refused_by_its_name(
    management: Management, query: dict[str, str], said: str
) -> None:
    answer = await management.call("GET", "/api/v2/exchanges", params=query)
    assert (answer.status, said in answer.body["message"]) == (400, True), answer.text


async def test_it_takes_the_scope_of_the_log(management: Management) -> None:
    admin = management.admin
    limited = await management.create("clients", {"name": "limited"})
    grant = {"client_id": limited["client_id"], "audience": admin["audience"], "scope": ["read:clients"]}
    await management.create("client-grants", grant)
    asked = {**grant, "client_secret": limited["client_secret"], "grant_type": "client_credentials"}
    token = (await management.ask({name: value for name, value in asked.items() if name != "scope"})).body
    refused = await management.call("GET", "/api/v2/exchanges", token=token["access_token"])
    assert (refused.status, "read:logs" in refused.text) == (403, True)
