"""``docker compose -f docker-compose.yml -f docker-compose.cluster.yml up``, where a Docker engine answers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import ClientSession

from fixtures.processes import ROOT, free_port, is_ready, until
from fixtures.valkey import docker_answers

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

DEMO_REQUEST = json.dumps(
    {
        "client_id": "demo-client",
        "client_secret": "demo-secret-not-for-production",
        "audience": "https://api.example.com/",
        "grant_type": "client_credentials",
    }
)
ASK = """
import sys, urllib.request as r
url, headers = "http://127.0.0.1:8080/oauth/token", {"Content-Type": "application/json"}
print(r.urlopen(r.Request(url, sys.argv[1].encode(), headers), timeout=15).read().decode())
"""
ADMIN_FILE = "/var/lib/rulemint/state/admin.json"
LIE = "192.0.2.66"
PROXY_IMAGE = "haproxy:3.0"
NODES = ("valkey", "valkey-2", "valkey-3")
WHOLE = {"cluster_state:ok", "cluster_slots_ok:16384", "cluster_size:3"}
OURS = {"init": "gateway", "gateway": "gateway", "demo": "gateway", "rule-runner": "rule-runner"}


@dataclass(frozen=True)
class Stack:
    """The running containers."""

    arguments: tuple[str, ...]
    environment: dict[str, str]

    @property
    def port(self) -> int:
        return int(self.environment["RULEMINT_PORT"])

    def run(self, *arguments: str) -> str:
        done = self._compose(*arguments)
        assert done.returncode == 0, f"{' '.join(arguments)}: {done.stderr[-2_000:]}"
        return done.stdout

    def scope_of_gateway(self, number: int) -> str:
        """What a gateway grants the demo's client; empty if it grants nothing now."""
        command = ("exec", "-T", "--index", str(number), "gateway", "python", "-c", ASK, DEMO_REQUEST)
        done = self._compose(*command)
        return str(json.loads(done.stdout)["scope"]) if done.returncode == 0 else ""

    def operator(self) -> dict[str, str]:
        admin = json.loads(self.run("exec", "-T", "gateway", "cat", ADMIN_FILE))
        return {name: admin[name] for name in ("client_id", "client_secret", "audience")}

    def facts(self, node: str) -> set[str]:
        """What a node says of the cluster."""
        asking = "REDISCLI_AUTH=$(cat /password/valkey.password) valkey-cli cluster info"
        return set(self.run("exec", "-T", node, "sh", "-c", asking).split())

    def _compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command, environment = [*self.arguments, *arguments], {**os.environ, **self.environment}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    # Images of its own, so that no other build replaces them; a subnet of its own, so that runs may overlap.
    images = tmp_path_factory.mktemp("compose") / "images.yml"
    named = {service: {"image": f"rulemint-{image}:cluster"} for service, image in OURS.items()}
    images.write_text(json.dumps({"services": named}))
    arguments = ["docker", "compose", "--project-name", f"rulemint-cluster-test-{os.getpid()}", "--profile", "demo"]
    for file in (ROOT / "docker-compose.yml", ROOT / "docker-compose.cluster.yml", images):
        arguments += ["--file", str(file)]
    environment = {"RULEMINT_PORT": str(free_port()), "RULEMINT_SUBNET": f"10.213.{os.getpid() % 256}"}
    stack = Stack(tuple(arguments), environment)
    assert stack.run("config", "--quiet") == ""
    try:
        stack.run("up", "--build", "--detach", "gateway", "rule-runner", "demo")
        until(lambda: all(stack.scope_of_gateway(number) for number in (1, 2)), timeout_s=120)
        yield stack
    finally:
        stack.run("down", "--volumes", "--timeout", "1")


def test_both_gateways_grant_what_a_rule_adds_and_three_nodes_have_the_slots(stack: Stack) -> None:
    until(lambda: all(stack.scope_of_gateway(number) == "test extra" for number in (1, 2)))
    for node in NODES:
        assert stack.facts(node) >= WHOLE


def test_a_cluster_that_is_made_stays_as_it_is(stack: Stack) -> None:
    stack.run("run", "--rm", "-T", "--no-deps", "cluster")
    for node in NODES:
        assert stack.facts(node) >= WHOLE
    until(lambda: stack.scope_of_gateway(1) == "test extra")


async def test_the_proxy_lets_log_streams_through_and_says_who_asks(stack: Stack) -> None:
    if not _is_here(PROXY_IMAGE):
        pytest.skip(f"no image {PROXY_IMAGE} on this machine")
    stack.run("up", "--detach", "--no-recreate", "--no-deps", "proxy")
    admin = stack.operator()
    async with ClientSession(f"http://127.0.0.1:{stack.port}", raise_for_status=True) as client:
        await asyncio.to_thread(until, lambda: is_ready(stack.port), timeout_s=60)
        async with client.post("/oauth/token", json=admin | {"grant_type": "client_credentials"}) as answer:
            token = str((await answer.json())["access_token"])
        headers = {"Authorization": f"Bearer {token}"}
        async with client.ws_connect("/logs", headers=headers) as logs:
            lie = {"X-Forwarded-For": LIE, "Content-Type": "application/json"}
            async with client.post("/oauth/token", data=DEMO_REQUEST, headers=lie) as answer:
                exchange = answer.headers["X-Request-Id"]
            while exchange not in await logs.receive_str(timeout=20):
                pass
        source = await _source(client, exchange, headers)
    assert source not in {LIE, ""}
    assert ip_address(source) not in ip_network(f"{stack.environment['RULEMINT_SUBNET']}.0/24")


async def _source(client: ClientSession, exchange: str, headers: dict[str, str]) -> str:
    """The address in an exchange's record, which is written behind the answer."""
    async with asyncio.timeout(20):
        while True:
            async with client.get(f"/api/v2/exchanges/{exchange}", headers=headers, raise_for_status=False) as answer:
                if answer.status == 200:
                    return str((await answer.json())["ip"])
            await asyncio.sleep(0.2)


def _is_here(image: str) -> bool:
    """Whether the engine has *image*; a test downloads none."""
    return subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode == 0
