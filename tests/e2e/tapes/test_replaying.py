"""A token request leaves a tape, and its replay is the same; what was changed since is told."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.management import Management
from fixtures.tapes import taped
from fixtures.tenants import a_tenant

pytestmark = pytest.mark.timeout(120)

JAVASCRIPT = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  api.cache.set('seen', String(Math.random()));
  console.log('began', Date.now());
  await new Promise((go) => setTimeout(go, 5));
  const answer = await fetch('https://nowhere.example/limits').catch((error) => ({ status: error.message }));
  api.accessToken.setCustomClaim('plan', event.client.metadata.plan ?? 'none');
  api.accessToken.setCustomClaim('drawn', [Math.random(), crypto.randomUUID(), Date.now(), answer.status]);
};
"""
PYTHON = """
import random, secrets, time, urllib.request

def rule(client, scope, audience, context):
    print("began", time.time())
    try:
        status = urllib.request.urlopen("https://nowhere.example/limits").status
    except Exception as error:
        status = str(error)
    return {"scope": scope + ["more"], "drawn": [random.random(), secrets.token_hex(8), time.time(), status],
            "plan": client["metadata"].get("plan", "none"), "set": list({"a", "b", "c", "d", "e"})}
"""

SALTED = """
const { randomInt, randomBytes } = require('node:crypto');
const salt = [crypto.randomUUID(), Math.random(), randomInt(1e9), randomBytes(5).toString('hex'), Date.now()];
module.exports = (client, scope, audience, context, cb) => cb(null, { 'https://rules.example/salt': salt });
"""
SALTED_PYTHON = """
import os, random, secrets, time, uuid
SALT = [secrets.token_hex(8), str(uuid.uuid4()), random.random(), os.urandom(3).hex(), time.time()]
def rule(client, scope, audience, context):
    return {"salt": SALT}
"""
DRAWS_MUCH = """
const drawn = crypto.getRandomValues(new Uint8Array(40_000)).join();
export default () => ({ drawn: drawn.slice(-99) });
"""
DRAWS_MUCH_PYTHON = """
import os
DRAWN = os.urandom(40_000).hex()
def rule(client, scope, audience, context):
    return {"drawn": DRAWN[-99:]}
"""


async def replayed(tenant: Management, exchange: str, *changes: str) -> Any:
    answer = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/replay", {"set": list(changes)})
    assert answer.status == 200, answer.text
    return answer.body


@pytest.mark.parametrize(("language", "script"), [("javascript", JAVASCRIPT), ("python", PYTHON)])
async def test_a_replay_is_equal_and_a_change_shows_what_it_makes_different(
    tenant: Management, language: str, script: str
) -> None:
    async with tenant.rule(script, language=language):
        client = await tenant.a_client(metadata={"plan": "silver"})
        exchange = await taped(tenant, client)
        answer = await replayed(tenant, exchange)
        assert (answer["verdict"], answer.get("diverged"), answer["could_not_know"]) == ("equal", None, [])
        assert answer["replayed"] == answer["original"]
        changed = await replayed(tenant, exchange, "client.metadata.plan=gold")
        assert changed["verdict"] == "changed"
        assert {"what": "claims.plan", "before": "silver", "after": "gold"} in changed["differences"]


@pytest.mark.parametrize(("language", "script"), [("javascript", SALTED), ("python", SALTED_PYTHON)])
async def test_what_a_module_draws_while_it_is_loaded_is_on_the_tape_of_each_of_its_requests(
    tenant: Management, language: str, script: str
) -> None:
    async with tenant.rule(script, language=language):
        client = await tenant.a_client()
        first, second = await taped(tenant, client), await taped(tenant, client)
        answers = [await replayed(tenant, each) for each in (first, second)]
    assert [answer["verdict"] for answer in answers] == ["equal", "equal"], answers
    assert answers[0]["replayed"]["claims"] == answers[1]["replayed"]["claims"], "a host keeps what its module drew"


@pytest.mark.parametrize(("language", "script"), [("javascript", DRAWS_MUCH), ("python", DRAWS_MUCH_PYTHON)])
async def test_of_a_module_that_draws_more_than_a_tape_has_room_for_the_replay_says_so(
    tenant: Management, language: str, script: str
) -> None:
    async with tenant.rule(script, language=language):
        answer = await replayed(tenant, await taped(tenant, await tenant.a_client()))
    assert answer["verdict"] == "diverged"
    assert any("while it was loaded" in why for why in answer["could_not_know"])


async def test_a_flow_of_two_languages_is_replayed_with_its_refusal(tenant: Management) -> None:
    first = "export default ({ client }) => ({ plan: client.metadata.plan, at: Date.now() });"
    second = """
def rule(client, scope, audience, context):
    print("has", context["claims"])
    if context["claims"]["plan"] != "gold":
        raise AccessDenied("only gold")
    return {}
"""
    async with tenant.rule(first), tenant.rule(second, language="python"):
        exchange = await taped(tenant, await tenant.a_client(metadata={"plan": "silver"}))
        answer = await replayed(tenant, exchange)
        assert (answer["verdict"], answer["original"]["outcome"]) == ("equal", "denied")
        assert answer["replayed"]["message"] == "only gold"
        gold = await replayed(tenant, exchange, "client.metadata.plan=gold", "scope-=write")
        assert {each["what"] for each in gold["differences"]} >= {"outcome", "message", "scope", "claims.plan"}
        assert gold["replayed"]["outcome"] == "granted"


async def test_a_hostile_rule_reaches_nothing_in_a_replay_and_keeps_nothing(tenant: Management) -> None:
    """It sees that it is replayed by nothing but what it is told, and a changed input makes it ask for more."""
    script = """
module.exports = (client, scope, audience, { webtask: { storage } }, cb) => {
  storage.get((error, kept = { n: 0 }) => storage.set({ n: kept.n + 1 }, { force: 1 }, async () => {
    if (client.metadata.attack) await fetch('https://metadata.internal/latest');
    cb(null, { scope, 'https://x.example/n': kept.n });
  }));
};
"""
    async with tenant.rule(script, allow_hosts=["metadata.internal"]):
        client = await tenant.a_client()
        exchange = await taped(tenant, client)
        for _ in range(3):
            assert (await replayed(tenant, exchange))["verdict"] == "equal"
        attack = await replayed(tenant, exchange, "client.metadata.attack=yes")
        assert (attack["verdict"], attack["replayed"]) == ("unknown", None)
        assert attack["diverged"]["at"] == "a call: GET metadata.internal/latest"
        later = await taped(tenant, client)
        tape = (await tenant.call("GET", f"/api/v2/exchanges/{later}/tape")).body
        assert tape["rules"][0]["claims"]["https://x.example/n"] == 1, "no replay wrote to the storage"


async def test_what_was_changed_since_is_told_and_nothing_is_guessed(tenant: Management) -> None:
    script = "export default ({ context }) => ({ length: context.webtask.secrets.KEY.length });"
    async with tenant.rule(script, rule_secrets={"KEY": "hunter22"}) as rule:
        exchange = await taped(tenant, await tenant.a_client())
        assert (await replayed(tenant, exchange))["verdict"] == "equal"
        new = {"script": "export default () => ({ length: 0 });"}
        assert (await tenant.call("PATCH", f"/api/v2/rules/{rule['id']}", new)).status == 200
        assert (await replayed(tenant, exchange))["verdict"] == "equal", "the version that ran is kept"
        await tenant.call("PATCH", f"/api/v2/rules/{rule['id']}/secrets", {"KEY": "another"})
        answer = await replayed(tenant, exchange)
        assert (answer["verdict"], answer["replayed"]) == ("unknown", None)
        assert "it ran with revision 1, and now has 2" in answer["text"]
    gone = await tenant.call("POST", f"/api/v2/exchanges/{exchange}/replay", {})
    assert (gone.status, gone.body["errorCode"]) == (404, "inexistent_tape"), "it went with the rule"


async def test_without_the_scope_nobody_reads_replays_or_deletes(tenant: Management) -> None:
    async with tenant.rule("export default () => ({});"):
        exchange = await taped(tenant, await tenant.a_client())
        reader = await tenant.create("clients", {"name": "reader"})
        scope = ["read:logs", "update:rules"]
        grant = {"client_id": reader["client_id"], "audience": tenant.admin["audience"], "scope": scope}
        made = await tenant.create("client-grants", grant)
        asked = {name: reader[name] for name in ("client_id", "client_secret")}

        async def token() -> str:
            body = {"grant_type": "client_credentials", "audience": tenant.admin["audience"], **asked}
            return str((await tenant.ask(body)).body["access_token"])

        calls: list[tuple[str, str, Any]] = [("GET", "tape", None), ("DELETE", "tape", None), ("POST", "replay", {})]
        for method, path, body in calls:
            refused = await tenant.call(method, f"/api/v2/exchanges/{exchange}/{path}", body, token=await token())
            assert (refused.status, "exchange_inputs" in refused.text) == (403, True)
        assert (await tenant.call("DELETE", "/api/v2/tapes", token=await token())).status == 403
        inputs = {"scope": ["read:exchange_inputs"]}
        await tenant.call("PATCH", f"/api/v2/client-grants/{made['id']}", inputs)
        path = f"/api/v2/exchanges/{exchange}/replay"
        assert (await tenant.call("POST", path, {}, token=await token())).status == 200
        change = {"set": ["scope=read"]}
        assert (await tenant.call("POST", path, change, token=await token())).status == 403, "a change needs more"


async def test_tapes_go_by_exchange_by_client_by_rule_and_all(tenant: Management) -> None:
    async with tenant.rule("export default () => ({});") as rule:
        one, other = await tenant.a_client(), await tenant.a_client()
        kept = [await taped(tenant, client) for client in (one, one, other, other)]

        async def left() -> list[str]:
            found = [(await tenant.call("GET", f"/api/v2/exchanges/{each}/tape")).status for each in kept]
            return [each for each, status in zip(kept, found, strict=True) if status == 200]

        assert (await tenant.call("DELETE", f"/api/v2/exchanges/{kept[0]}/tape")).status == 204
        assert await left() == kept[1:]
        deleted = await tenant.call("DELETE", f"/api/v2/tapes?client_id={one.client_id}")
        assert (deleted.body, await left()) == ({"deleted": 1}, kept[2:])
        assert (await tenant.call("DELETE", "/api/v2/tapes?rule_id=another")).body == {"deleted": 0}
        assert (await tenant.call("DELETE", f"/api/v2/tapes?rule_id={rule['id']}")).body == {"deleted": 2}
        assert await left() == []
        assert (await tenant.call("POST", f"/api/v2/exchanges/{kept[0]}/replay", {})).status == 404


async def test_by_default_a_failure_leaves_a_tape_and_with_nothing_asked_for_none_does(management: Management) -> None:
    async with a_tenant(management) as tenant:
        refuses = "module.exports = (client, scope, audience, context, cb) => cb(new Error('no'));"
        async with tenant.rule(refuses):
            client = await tenant.a_client()
            first = await taped(tenant, client)
            none = {"tapes": {"failures": False, "one_in": 0}}
            assert (await tenant.call("PATCH", "/api/v2/tenants/settings", none)).body["tapes"] == none["tapes"]
            second = (await tenant.ask(client.request())).headers["x-request-id"]
            await tenant.call("PATCH", "/api/v2/tenants/settings", {"tapes": None})
            third = await taped(tenant, client)
            found = [
                (await tenant.call("GET", f"/api/v2/exchanges/{each}/tape")).status for each in (first, second, third)
            ]
            assert found == [200, 404, 200], "the third was kept after the second would have been"
