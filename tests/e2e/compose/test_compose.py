"""``docker compose --profile demo up`` in a checkout, where a Docker engine answers."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from testcontainers.compose import DockerCompose

from fixtures.processes import ROOT, free_port, until
from fixtures.valkey import docker_answers
from rulemint_shared.contract.sandbox_report import LayerState, decode_report

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

DEMO_REQUEST = {
    "client_id": "demo-client",
    "client_secret": "demo-secret-not-for-production",
    "audience": "https://api.example.com/",
    "grant_type": "client_credentials",
}
SERVICES = ("gateway", "rule-runner", "valkey")


@dataclass(frozen=True)
class Stack:
    """The running containers."""

    compose: DockerCompose
    port: int

    def ask(self) -> dict[str, Any]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/oauth/token",
            json.dumps(DEMO_REQUEST).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=15) as response:
            answer: dict[str, Any] = json.load(response)
            return answer

    def grants(self) -> bool:
        try:
            return str(self.ask()["scope"]) == "test extra"
        except OSError:
            return False

    def inspect(self, service: str) -> dict[str, Any]:
        container = self.compose.get_container(service)
        done = subprocess.run(["docker", "inspect", str(container.ID)], capture_output=True, check=True)
        described: dict[str, Any] = json.loads(done.stdout)[0]
        return described

    def run(self, *arguments: str) -> str:
        command = [*self.compose.compose_command_property, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    port = free_port()
    os.environ |= {"RULEMINT_PORT": str(port), "COMPOSE_PROJECT_NAME": f"rulemint-test-{os.getpid()}"}
    try:
        with DockerCompose(str(ROOT), build=True, wait=False, profiles=["demo"]) as compose:
            opened = Stack(compose, port)
            until(opened.grants, timeout_s=90)
            yield opened
    finally:
        del os.environ["RULEMINT_PORT"], os.environ["COMPOSE_PROJECT_NAME"]


def test_the_demo_s_token_comes_through_containers(stack: Stack) -> None:
    answer = stack.ask()
    assert (answer["token_type"], answer["scope"], answer["expires_in"]) == ("Bearer", "test extra", 86_400)


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_locked_down(stack: Stack, service: str) -> None:
    described = stack.inspect(service)
    host = described["HostConfig"]
    assert described["Config"]["User"] == "10001:10001"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_has_its_share_of_the_machine_and_no_more(stack: Stack, service: str) -> None:
    host = stack.inspect(service)["HostConfig"]
    assert 0 < host["Memory"] <= 2 * 1024**3
    assert 0 < host["PidsLimit"] <= 4_096
    assert all("size=" in options for options in host["Tmpfs"].values()), host["Tmpfs"]


def test_only_the_gateway_is_reachable_and_only_on_loopback(stack: Stack) -> None:
    published = {name: stack.inspect(name)["HostConfig"]["PortBindings"] or {} for name in SERVICES}
    assert published["rule-runner"] == published["valkey"] == {}
    assert [binding["HostIp"] for bindings in published["gateway"].values() for binding in bindings] == ["127.0.0.1"]


def test_rules_are_contained_in_a_container_that_gives_no_namespace(stack: Stack) -> None:
    report = decode_report(stack.run("exec", "-T", "rule-runner", "python", "-m", "rulemint_runner", "--check-sandbox"))
    assert report.problems == []
    optional = {layer.name: layer.state for layer in report.layers if not layer.required}
    assert len(optional) == len({"a control group", "users", "network", "ipc", "name", "root", "pids"})
    assert set(optional.values()) == {LayerState.UNAVAILABLE}


def test_every_service_is_healthy(stack: Stack) -> None:
    until(lambda: all(stack.inspect(name)["State"]["Health"]["Status"] == "healthy" for name in SERVICES))


def test_the_runner_s_image_cannot_sign_and_the_gateway_s_has_no_deno(stack: Stack) -> None:
    absent = "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is not None)"
    stack.run("exec", "-T", "rule-runner", "python", "-c", absent, "jwt")
    stack.run("exec", "-T", "gateway", "python", "-c", absent, "deno")


def test_the_volume_s_secrets_are_for_one_user_only(stack: Stack) -> None:
    modes = stack.run("exec", "-T", "gateway", "sh", "-c", "stat -c %a /var/lib/rulemint/keys/*")
    assert set(modes.split()) == {"600"}


def test_a_container_sees_the_secrets_that_it_needs_and_no_other(stack: Stack) -> None:
    look = "ls /var/lib/rulemint/*/ /password 2>/dev/null || true"
    names = {
        service: {
            name
            for name in stack.run("exec", "-T", service, "sh", "-c", look).split()
            if name.endswith((".key", ".password"))
        }
        for service in SERVICES
    }
    assert names["gateway"] == {"master.key", "valkey.password"}
    assert names["rule-runner"] == {"runner.key", "valkey.password"}
    assert names["valkey"] == {"valkey.password"}


def test_more_runners_share_the_work(stack: Stack) -> None:
    stack.run("up", "--detach", "--no-recreate", "--scale", "rule-runner=3", "rule-runner")

    def runners() -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/readyz", timeout=5) as response:
            return int(json.load(response)["runners"])

    until(lambda: runners() == 3)
    assert all(stack.grants() for _ in range(20))
