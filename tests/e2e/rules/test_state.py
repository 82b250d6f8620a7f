"""What rules keep between invocations, over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from bench.free_ports import free_port

from fixtures.every_server import names_in
from fixtures.management import Answer, ApiClient, Management, open_management
from fixtures.processes import started_dev
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually
from rulemint_shared.redis.connection import open_redis

COUNTS = """
module.exports = (client, scope, audience, { webtask: { storage } }, cb) => {
  const add = () => storage.get((error, n = 0) => {
    if (error) return cb(error);
    storage.set(n + 1, (failed) => failed?.conflict ? add() : cb(failed, { scope, 'https://x.example/n': n + 1 }));
  });
  add();
};
"""
COUNTS_IN_PYTHON = """
def rule(client, scope, audience, context):
    storage = context["webtask"]["storage"]
    n = (storage.get() or 0) + 1
    storage.set(n)
    return {"https://x.example/n": n}
"""
COUNTS_IN_ITS_CACHE = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  const n = Number(api.cache.get('n')?.value ?? 0) + 1;
  api.cache.set('n', String(n));
  api.accessToken.setCustomClaim('https://x.example/n', n);
};
"""
SCRIPTS = [
    pytest.param("javascript", COUNTS, id="storage"),
    pytest.param("python", COUNTS_IN_PYTHON, id="storage in python"),
    pytest.param("javascript", COUNTS_IN_ITS_CACHE, id="cache"),
]


def claims_of(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.text
    claims: dict[str, Any] = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    return claims


async def count(management: Management, client: ApiClient) -> int:
    n: int = claims_of(await management.ask(client.request()))["https://x.example/n"]
    return n


@pytest.mark.parametrize(("language", "script"), SCRIPTS)
async def test_what_a_rule_keeps_is_there_in_the_next_invocation_and_in_the_next_version(
    management: Management, language: str, script: str
) -> None:
    client = await management.a_client()
    async with management.rule(script, language=language) as rule:
        assert [await count(management, client) for _ in range(2)] == [1, 2]
        changed = await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": f"{script}\n\n"})
        assert changed.body["version"] == 2
        assert await count(management, client) == 3


@pytest.mark.parametrize("script", [COUNTS, COUNTS_IN_ITS_CACHE], ids=["storage", "cache"])
async def test_what_a_rule_keeps_does_not_need_its_process(management: Management, script: str) -> None:
    client = await management.a_client()
    async with management.rule(script, isolation="fresh"):
        assert [await count(management, client) for _ in range(3)] == [1, 2, 3]


@pytest.fixture
async def system_on(empty_redis_url: str, tmp_path: Path) -> AsyncIterator[Management]:
    """A system of its own, on a server into which a test can look."""
    data_dir, port = tmp_path / "data", free_port()
    with started_dev({"RULEMINT_REDIS_URL": empty_redis_url}, data_dir=data_dir, port=port):
        admin = json.loads((data_dir / "admin.json").read_text())
        async with open_management(f"http://127.0.0.1:{port}", admin) as opened:
            yield opened


async def test_what_a_rule_keeps_is_deleted_with_it(system_on: Management, empty_redis_url: str) -> None:
    client = await system_on.a_client()
    async with open_redis(empty_redis_url) as redis:
        async with system_on.rule(COUNTS) as hook, system_on.rule(COUNTS_IN_ITS_CACHE) as action:
            await count(system_on, client)
            kept = [await names_in(redis, f"rulemint:*{rule['id']}*") for rule in (hook, action)]
            assert list(map(len, kept)) == [1, 1]
        assert await redis.exists(*kept[0], *kept[1]) == 0


@pytest.mark.parametrize(("language", "script"), SCRIPTS)
async def test_what_a_tenant_s_rule_keeps_no_other_tenant_sees(
    management: Management, language: str, script: str
) -> None:
    async with a_tenant(management) as one, a_tenant(management) as other:
        clients = [(tenant, await tenant.a_client()) for tenant in (one, other)]
        async with one.rule(script, language=language), other.rule(script, language=language):
            for n in (1, 2):
                assert [await count(*each) for each in clients] == [n, n]


async def test_two_rules_of_a_tenant_keep_their_own(management: Management) -> None:
    client = await management.a_client()
    other = COUNTS.replace("x.example", "y.example")
    async with management.rule(COUNTS):
        await count(management, client)
        async with management.rule(other):
            claims = claims_of(await management.ask(client.request()))
    assert (claims["https://x.example/n"], claims["https://y.example/n"]) == (2, 1)


async def test_where_rules_try_again_on_a_conflict_no_write_is_lost(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(COUNTS):
        counted = await asyncio.gather(*(count(management, client) for _ in range(8)))
    assert sorted(counted) == list(range(1, 9))


async def test_a_conflict_shows_what_is_stored(management: Management) -> None:
    client = await management.a_client()
    script = """module.exports = (client, scope, audience, { webtask: { storage } }, cb) => {
      storage.set({ by: 'the first' }, { force: true }, () => {
        storage.set({ by: 'the second' }, { etag: 'of another' }, (error) => {
          cb(null, { 'https://x.example/': [error.message, error.conflict] });
        });
      });
    };"""
    async with management.rule(script):
        claims = claims_of(await management.ask(client.request()))
    assert claims["https://x.example/"] == ["Item was modified since it was read.", {"by": "the first"}]


async def test_a_cached_value_is_gone_when_its_time_is_over(management: Management) -> None:
    client = await management.a_client()
    script = """exports.onExecuteCredentialsExchange = async (event, api) => {
      if (event.request.body.fill) api.cache.set('a', 'b', { ttl: 1500 });
      api.accessToken.setCustomClaim('found', api.cache.get('a')?.value ?? null);
    };"""
    async with management.rule(script):
        assert claims_of(await management.ask(client.request(fill="yes")))["found"] == "b"
        asking = client.request()

        async def found() -> str | None:
            value: str | None = claims_of(await management.ask(asking))["found"]
            return value

        await eventually(found, lambda value: value is None)
