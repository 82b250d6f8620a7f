"""Tenants are deleted after a time of grace, and nothing of them is left."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.keyspace import valkey_of
from fixtures.management import ApiClient, Management, open_management, read_exchange
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually
from fixtures.workplace import Workplace
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys

KEEPS = """module.exports = function (client, scope, audience, context, cb) {
  console.log('here');
  context.webtask.storage.set({ n: 1 }, { force: 1 }, (error) => cb(error, { scope: scope }));
};
"""


async def name_of_newest(management: Management) -> str:
    return str((await management.every("tenants"))[-1]["name"])


async def test_a_tenant_that_is_being_deleted_issues_nothing_until_it_is_restored(management: Management) -> None:
    async with a_tenant(management) as tenant:
        client = await tenant.a_client()
        path = f"/api/v2/tenants/{await name_of_newest(management)}"
        asked = await management.call("DELETE", path, params={"dry_run": "true"})
        assert (asked.status, asked.body["dry_run"], asked.body["contents"]["clients"]) == (200, True, 2)
        assert (await tenant.ask(client.request())).status == 200
        deleted = await management.call("DELETE", path, params={"grace_s": "3600"})
        assert (deleted.status, deleted.body["dry_run"]) == (200, False), deleted.text
        assert (await management.call("GET", path)).body["deletes_at"] == deleted.body["deletes_at"]
        refused = await tenant.ask(client.request())
        assert (refused.status, "is being deleted" in refused.body["error_description"]) == (403, True)
        managed = await tenant.call("GET", "/api/v2/clients")
        assert (managed.status, managed.body["errorCode"]) == (403, "tenant_disabled")
        restored = await management.call("POST", f"{path}/restore")
        assert (restored.status, restored.body["deletes_at"]) == (200, None), restored.text
        assert (await tenant.ask(client.request())).status == 200


async def test_default_is_not_deleted_and_only_an_operator_deletes(management: Management) -> None:
    refused = await management.call("DELETE", "/api/v2/tenants/default")
    assert (refused.status, refused.body["errorCode"]) == (400, "operation_not_supported")
    assert (await management.call("DELETE", "/api/v2/tenants/nobody")).status == 404
    assert (await management.call("POST", "/api/v2/tenants/nobody/restore")).status == 404
    assert (await management.call("DELETE", "/api/v2/tenants/nobody?grace_s=-1")).status == 400
    async with a_tenant(management) as tenant:
        assert (await tenant.call("DELETE", "/api/v2/tenants/default")).status == 403


LATE: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/v2/clients", {"name": "late"}),
    ("POST", "/api/v2/resource-servers", {"identifier": "https://late.test/"}),
    ("POST", "/api/v2/client-grants", {"client_id": "nobody", "audience": "https://late.test/", "scope": []}),
    ("POST", "/api/v2/rules?no_check=true", {"name": "late", "script": KEEPS}),
    ("PATCH", "/api/v2/tenants/settings", {"default_audience": "https://late.test/"}),
]
"""Changes of which each needs its tenant."""
WAITS = "export default async () => { await new Promise((resolve) => setTimeout(resolve, 1000)); return {}; }"


async def late_call(tenant: Management, number: int, deleted: asyncio.Event) -> tuple[int, str]:
    """One of `LATE`, of which the end comes after the deletion."""
    method, path, body = LATE[number]
    encoded = json.dumps(body).encode()

    async def slowly() -> AsyncIterator[bytes]:
        yield encoded[:1]
        await deleted.wait()
        yield encoded[1:]

    answer = await tenant.call(method, path, data=slowly(), headers={"Content-Type": "application/json"})
    return answer.status, answer.text


async def first_refusal(tenant: Management, client: ApiClient) -> tuple[int, str]:
    while (answer := await tenant.ask(client.request())).status == 200:
        pass
    return answer.status, answer.text


async def test_who_is_under_way_when_the_tenant_goes_is_told_so(management: Management) -> None:
    async with a_tenant(management) as tenant:
        client = await tenant.a_client()
        await tenant.create("rules?no_check=true", {"name": "waits", "script": WAITS})
        name, deleted = await name_of_newest(management), asyncio.Event()
        assert (await tenant.ask(client.request())).status == 200  # so that its host runs
        tokens = []
        for _ in range(4):
            tokens.append(asyncio.create_task(first_refusal(tenant, client)))
            await asyncio.sleep(0.2)  # so that some of them wait for the rule at any time
        calls = [asyncio.create_task(late_call(tenant, number, deleted)) for number in range(len(LATE))]
        await asyncio.sleep(0.3)  # so that all are authorized
        assert (await management.call("DELETE", f"/api/v2/tenants/{name}?grace_s=0")).status == 200
        deleted.set()
        for status, text in await asyncio.gather(*calls):
            assert (status, "This tenant was deleted" in text) == (403, True), text
        refused = await asyncio.gather(*tokens)
        assert {status for status, _text in refused} <= {401, 403}, refused  # 401: it came later
        assert any('"access_denied"' in text and "this tenant was deleted" in text for _status, text in refused), (
            refused
        )


async def test_a_tenant_that_is_being_deleted_is_not_enabled_but_restored(management: Management) -> None:
    async with a_tenant(management):
        path = f"/api/v2/tenants/{await name_of_newest(management)}"
        await management.call("DELETE", path)
        refused = await management.call("PATCH", path, {"disabled": False})
        assert (refused.status, refused.body["field"]) == (409, "disabled"), refused.text
        assert f"POST {path}/restore" in refused.body["message"]
        assert (await management.call("PATCH", path, {"disabled": True})).body["disabled"]
        assert (await management.call("POST", f"{path}/restore")).status == 200
        assert (await management.call("PATCH", path, {"disabled": False})).status == 200


@pytest.fixture(scope="module")
def data_dir(workplace: Workplace) -> Path:
    return workplace.folder / ".rulemint"


async def busy_tenant(operator: Management, name: str) -> dict[str, Any]:
    """A tenant that has something of every kind."""
    made: dict[str, Any] = await operator.create("tenants", {"name": name, "hosts": [f"{name}.test"]})
    async with open_management(operator.url, made["administrator"], host=f"{name}.test") as tenant:
        client = await tenant.a_client()
        quota = {"client_credentials": {"per_hour": 100}}
        await tenant.call("PATCH", f"/api/v2/clients/{client.client_id}", {"token_quota": quota})
        rule = await tenant.create("rules", {"name": "keeps", "script": KEEPS})
        await tenant.call("POST", f"/api/v2/rules/{rule['id']}/secrets", {"KEY": "value"})
        once = {"Idempotency-Key": "once-and-no-more"}
        assert (await tenant.call("POST", "/api/v2/clients", {"name": "x"}, headers=once)).status == 201
        assert (await tenant.ask(client.request(client_secret="wrong"))).status == 401
        token = await tenant.ask(client.request())
        assert token.status == 200, token.text
        await read_exchange(tenant, token.headers["x-request-id"])
    return made


async def names_of(data_dir: Path, tenant: str) -> set[str]:
    def found() -> set[str]:
        with valkey_of(data_dir) as redis:
            return {name.decode() for name in redis.scan_iter(f"*{tenant}*", count=1_000)}

    return await asyncio.to_thread(found)


async def is_swept(data_dir: Path, tenant: str) -> None:
    async def left() -> set[str]:
        return await names_of(data_dir, tenant)

    await eventually(left, lambda names: not names)


async def test_nothing_of_a_deleted_tenant_is_left(workplace: Workplace, data_dir: Path) -> None:
    async with open_management(f"http://127.0.0.1:{workplace.port}", workplace.admin) as operator:
        await busy_tenant(operator, "goes-away")
        kinds = {name.partition("goes-away")[0] for name in await names_of(data_dir, "goes-away")}
        assert len(kinds) > 8, kinds
        answer = await operator.call("DELETE", "/api/v2/tenants/goes-away", params={"grace_s": "0"})
        assert answer.status == 200, answer.text
        assert answer.body["contents"]["rules"] == 1
        assert (await operator.call("GET", "/api/v2/tenants/goes-away")).status == 404
        await is_swept(data_dir, "goes-away")
        again = await operator.call("POST", "/api/v2/tenants", {"name": "goes-away", "hosts": ["goes-away.test"]})
        assert (again.status, again.body["field"], "the name is free in" in again.text) == (409, "name", True)


async def test_a_tenant_whose_grace_is_over_is_deleted_by_a_gateway_and_the_operators_log_tells(
    workplace: Workplace, data_dir: Path
) -> None:
    async with open_management(f"http://127.0.0.1:{workplace.port}", workplace.admin) as operator:
        await busy_tenant(operator, "runs-out")
        await operator.call("DELETE", "/api/v2/tenants/runs-out", params={"grace_s": "1"})

        async def gone() -> bool:
            return (await operator.call("GET", "/api/v2/tenants/runs-out")).status == 404

        await eventually(gone)
        logged = (await operator.call("GET", "/api/v2/logs")).text
        assert "runs-out" in logged
        await is_swept(data_dir, "runs-out")


def write_late(data_dir: Path, stream: str) -> None:
    """What came after the deletion, which is an hour ago."""
    with valkey_of(data_dir) as redis:
        redis.zadd(redis_keys.DELETED_TENANTS, {"comes-back": unix_ms() - 3_600_000})
        redis.xadd(stream, {"record": b"late"})


async def test_the_name_is_free_once_nothing_can_come_any_more(workplace: Workplace, data_dir: Path) -> None:
    async with open_management(f"http://127.0.0.1:{workplace.port}", workplace.admin) as operator:
        await operator.create("tenants", {"name": "comes-back", "hosts": ["comes-back.test"]})
        await operator.call("DELETE", "/api/v2/tenants/comes-back", params={"grace_s": "0"})
        late = redis_keys.logs("comes-back")
        await asyncio.to_thread(write_late, data_dir, late)
        await is_swept(data_dir, "comes-back")
        made = await operator.call("POST", "/api/v2/tenants", {"name": "comes-back", "hosts": ["comes-back.test"]})
        assert made.status == 201, made.text


def test_the_command_line_shows_what_goes_asks_and_takes_it_back(workplace: Workplace) -> None:
    workplace.json("tenants", "create", "doomed", "--host", "doomed.test")
    shown = workplace.rulemint("tenants", "delete", "doomed", "--dry-run")
    assert (shown.returncode, "clients" in shown.stdout) == (0, True)
    assert workplace.json("tenants", "show", "doomed")["deletes_at"] is None
    unsaid = workplace.rulemint("tenants", "delete", "doomed", stdin="n\n")
    assert (unsaid.returncode, "can be restored for 24h" in unsaid.stderr) == (1, True)
    deleted = workplace.rulemint("tenants", "delete", "doomed", "--after", "2h", "--yes")
    assert "rulemint tenants restore doomed" in deleted.stdout
    enabled = workplace.rulemint("tenants", "enable", "doomed")
    assert (enabled.returncode, "rulemint tenants restore doomed" in enabled.stderr) == (1, True), enabled
    assert workplace.rulemint("tenants", "restore", "doomed").stdout == "the tenant doomed stays\n"
    wrong = workplace.rulemint("tenants", "delete", "doomed", "--after", "soon", "--yes")
    assert (wrong.returncode, "7d" in wrong.stderr) == (2, True)
    long = workplace.rulemint("tenants", "delete", "doomed", "--after", "60d", "--yes")
    assert (long.returncode, "--after 60d is too long: give 30d at most" in long.stderr) == (2, True)
    assert workplace.rulemint("tenants", "delete", "doomed", "--after", "0s", "--yes").returncode == 0
    assert workplace.rulemint("tenants", "show", "doomed").returncode == 1
