"""No script, transaction or command with several keys crosses a slot: the code is walked, and a system is watched."""

from __future__ import annotations

import ast
import asyncio
import importlib
import os
import secrets
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import redis
from bench.free_ports import free_port

from fixtures.commands import Command, commands_of, slots, together
from fixtures.console import LINKS, SESSION, SESSIONS, a_browser
from fixtures.management import Management, open_management, read_exchange
from fixtures.old_store import write_old_store
from fixtures.processes import ROOT, started_dev
from fixtures.system import System
from fixtures.valkey import refused_for_slots
from fixtures.valkey_servers import Server, a_cluster_of_one
from fixtures.waiting import eventually
from rulemint_gateway.stores.layout.layout import ensure_layout
from rulemint_gateway.stores.layout.renaming import LayoutError
from rulemint_runner.packages.package_room import MIB, PackageRoom
from rulemint_runner.packages.package_store import PackageStore
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.connection import open_redis

pytestmark = pytest.mark.timeout(180)

KEEPS = """
module.exports = (ctx, cb) => ctx.storage.get((error, data) => {
  ctx.storage.set({ n: ((data && data.n) || 0) + 1 }, { force: 1 }, (error) => cb(error, { scope: [] }));
});
"""
CACHES = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  api.cache.set('n', 'x');
  console.log('cached');
};
"""
REFUSES = "module.exports = (client, scope, audience, context, cb) => cb(new Error('no'));"
TRIED = {"script": REFUSES, "client": {"id": "acme", "name": "Acme"}}
ONLY_AT_A_START = {"_KEEP_FROM_STARTING"}
"""Scripts that rename an older store's names: those had no tags, and were never in a cluster."""
SEVERAL_KEYS = {
    "history.py xread": "one stream",
    "job_queue.py exists": "what arq keeps of one job",
    "renaming.py renamenx": "an old name and its new one, on a single server",
    "deleted_tenants.py unlink": "the configuration of a tenant, and what its traffic has under one tag",
    "config_store.py mget": "markers, of the configuration",
    "config_store.py watch": "the revision and an idempotency key, of the configuration",
    "rule_state.py watch": "the state of one rule and whether it was deleted, of its tenant",
    "session_store.py mget": "sessions of the console, of one tenant",
    "living_runners.py mget": "what runners say of themselves, of the runners",
    "wake_ups.py brpop": "one list",
}
"""Calls that may name several keys, each with what these are."""
MAY_NAME_SEVERAL = {"mget", "mset", "delete", "unlink", "exists", "touch", "watch", "rename", "renamenx", "xread"}
TAKE_LISTS = {"mget", "mset", "xread", "blpop", "brpop", "watch"}
MAY_NAME_SEVERAL |= {"blpop", "brpop", "lmove", "smove", "copy", "zunion", "zinter", "sunion", "sinter", "pfcount"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_cluster_of_one(tmp_path_factory.mktemp("slots") / "valkey") as started:
        yield started


@pytest.fixture(scope="module")
def commands(server: Server, tmp_path_factory: pytest.TempPathFactory) -> list[Command]:
    """What a system gives a server in cluster mode, from its first start to its end, with all that it can do."""
    data_dir, port = tmp_path_factory.mktemp("system") / "data", free_port()
    environment = {"RULEMINT_REDIS_URL": server.url, "RULEMINT_QUEUE_SHARDS": "3"}
    before = refused_for_slots(server.url)
    with commands_of(server.url) as found, started_dev(environment, data_dir=data_dir, port=port) as process:
        asyncio.run(use_everything(System(f"http://127.0.0.1:{port}", data_dir, process), server))
    assert refused_for_slots(server.url) == before
    return found


async def use_everything(system: System, server: Server) -> None:
    async with open_management(system.url, system.admin) as management:
        await use_rules(management)
        await use_quotas_and_limits(management)
        await use_management(management)
        await use_console(management)
    await use_packages(server)
    await sweep_up_after_a_tenant(server)


async def use_rules(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(KEEPS, on_failure="stale:5"), management.rule(CACHES, rule_secrets={"KEY": "hunter22"}):
        answers = [await management.ask(client.request()) for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 200], answers[0].text
        await read_exchange(management, answers[0].headers["x-request-id"])
    tried = await management.call("POST", "/api/v2/rules/try", TRIED)
    assert tried.status == 200, tried.text


async def use_quotas_and_limits(management: Management) -> None:
    client = await management.a_client()
    quota = {"client_credentials": {"per_hour": 2, "per_day": 100, "enforce": True}}
    await management.call("PATCH", f"/api/v2/clients/{client.client_id}", {"token_quota": quota})
    async with management.rule(REFUSES):
        refused = await management.ask(client.request())
        assert refused.status == 403
        tape = f"/api/v2/exchanges/{refused.headers['x-request-id']}/tape"
        await eventually(lambda: management.call("GET", tape), lambda found: found.status == 200)
    assert (await management.call("GET", tape)).status == 404  # it went with the rule
    await management.call("DELETE", "/api/v2/tapes")
    await asyncio.sleep(0.1)  # what was taken of the quota is given back behind the answer
    assert [(await management.ask(client.request())).status for _ in range(3)] == [200, 200, 429]
    for _ in range(3):
        assert (await management.ask(client.request(client_secret="wrong"))).status == 401
    assert (await management.call("DELETE", f"/api/v2/clients/{client.client_id}")).status == 204


async def use_management(management: Management) -> None:
    twice = {"Idempotency-Key": secrets.token_hex(8)}
    made = [await management.call("POST", "/api/v2/clients", {"name": "a"}, headers=twice) for _ in range(2)]
    assert made[0].body["client_id"] == made[1].body["client_id"]
    assert (await management.call("POST", "/api/v2/clients", {})).status == 400
    ticket = (await management.call("POST", "/logs/tickets")).body["ticket"]
    async with management.session.ws_connect(f"{management.url}/logs?ticket={ticket}&since=0") as watching:
        await watching.receive(timeout=10)
    for path in ("logs", "logs?take=5", "stats/daily", "stats/active-users", "status"):
        answer = await management.call("GET", f"/api/v2/{path}")
        assert answer.status == 200, (path, answer.text)
    assert (await management.call("POST", "/api/v2/keys/signing/rotate")).status == 201
    await management.create("tenants", {"name": "acme", "hosts": ["acme.example.com"]})
    for name in ("a", "b"):
        rule = await management.create("rules", {"name": name, "script": KEEPS, "enabled": False})
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": REFUSES})
        assert (await management.call("DELETE", f"/api/v2/rules/{rule['id']}")).status == 204


async def use_console(management: Management) -> None:
    async with a_browser(management.url) as browser:
        link = (await management.call("POST", LINKS)).body["token"]
        assert (await browser.call("POST", SESSION, {"link": link})).status == 201
        assert len((await browser.call("GET", SESSIONS)).body) == 1
        assert (await browser.call("DELETE", SESSION)).status == 204


async def sweep_up_after_a_tenant(server: Server) -> None:
    """Note one that was deleted long ago: a gateway deletes what there still is of it, and forgets the note."""
    async with open_redis(server.url) as opened:
        await opened.zadd(redis_keys.DELETED_TENANTS, {"gone": 1})
        await opened.set(redis_keys.rule_storage("gone", "rul_1"), b"{}")
        await eventually(lambda: opened.zscore(redis_keys.DELETED_TENANTS, "gone"), lambda noted: noted is None)


async def use_packages(server: Server) -> None:
    async with open_redis(server.url) as opened:
        store = PackageStore(opened, PackageRoom(opened, max_bytes=16 * MIB))
        assert await store.has(await store.put(os.urandom(1_000), "acme"))


def test_all_keys_of_a_command_of_its_script_and_of_a_transaction_are_in_one_slot(commands: list[Command]) -> None:
    groups = together(commands)
    assert {name for name, _keys in groups} >= {"transaction", "EVAL", "WATCH", "MGET", "XRANGE"}
    crossing = [(name, keys) for name, keys in groups if len(slots(keys)) > 1]
    assert crossing == []


def test_every_key_has_a_tag(commands: list[Command]) -> None:
    names = {key for command in commands for key in command.keys}
    assert {name for name in names if name.count(b"{") != 1 or name.count(b"}") != 1} == set()


def test_every_script_of_the_code_was_watched(commands: list[Command]) -> None:
    seen = {command.words[1] for command in commands if command.name == "EVAL"}
    missed = [name for name, text in scripts_of_the_code() if text.encode() not in seen]
    assert [name for name in missed if name not in ONLY_AT_A_START] == []


def test_every_call_that_may_name_several_keys_is_known() -> None:
    assert {f"{path.name} {call}" for path, call in calls_with_several_keys()} == set(SEVERAL_KEYS)


def test_every_pipeline_says_whether_it_is_a_transaction() -> None:
    calls = [(path, call) for path, call in calls_of_the_code() if named(call) == "pipeline"]
    assert calls
    assert [path for path, call in calls if "transaction" not in {each.arg for each in call.keywords}] == []


async def test_names_of_an_older_version_are_refused_in_a_cluster_with_one_line(server: Server) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.flushdb()
        write_old_store(client)
    async with open_redis(server.url) as opened:
        with pytest.raises(LayoutError, match="which a cluster cannot rename"):
            await ensure_layout(opened)
        await opened.flushdb()


@cache
def calls_of_the_code() -> list[tuple[Path, ast.Call]]:
    found = []
    for package in ("gateway", "rule-runner", "shared", "cli"):
        for path in sorted((ROOT / package).glob("rulemint_*/**/*.py")):
            tree = ast.parse(path.read_text())
            found += [(path, each) for each in ast.walk(tree) if isinstance(each, ast.Call)]
    return found


def named(call: ast.Call) -> str:
    """The last part of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def calls_with_several_keys() -> Iterator[tuple[Path, str]]:
    """Those of a client of Redis, or of its pipeline."""
    for path, call in calls_of_the_code():
        if named(call) not in MAY_NAME_SEVERAL or not isinstance(call.func, ast.Attribute):
            continue
        of_redis = ast.unparse(call.func.value) in {"redis", "self._redis", "pipe", "self.pool", "opened"}
        names_one = len(call.args) == 1 and not isinstance(call.args[0], ast.Starred) and named(call) not in TAKE_LISTS
        if of_redis and not names_one:
            yield path, named(call)


def scripts_of_the_code() -> Iterator[tuple[str, str]]:
    """The name and the text of every Lua script that is run."""
    for path, call in calls_of_the_code():
        place = {"run_script": 1, "eval": 0}.get(named(call))
        script = None if place is None or len(call.args) <= place else call.args[place]
        if not isinstance(script, ast.Name):
            continue
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts[1:])
        if text := getattr(importlib.import_module(module), script.id, None):
            yield script.id, text
