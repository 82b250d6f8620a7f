"""``docker compose -f docker-compose.yml -f docker-compose.cluster.yml up``, where a Docker engine answers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest
from bench.free_ports import free_port

from fixtures.compose import DEMO_REQUEST, Project
from fixtures.processes import ROOT, until
from fixtures.valkey import docker_answers

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

ASK = """
import sys, urllib.request as r
url, headers = "http://127.0.0.1:8080/oauth/token", {"Content-Type": "application/json"}
print(r.urlopen(r.Request(url, sys.argv[1].encode(), headers), timeout=15).read().decode())
"""
NODES = ("valkey", "valkey-2", "valkey-3")
WHOLE = {"cluster_state:ok", "cluster_slots_ok:16384", "cluster_size:3"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Project]:
    # A subnet of its own, so that runs may overlap.
    settings = {"RULEMINT_PORT": str(free_port()), "RULEMINT_SUBNET": f"10.213.{os.getpid() % 256}"}
    files = (ROOT / "docker-compose.yml", ROOT / "docker-compose.cluster.yml")
    project = Project(f"rulemint-cluster-test-{os.getpid()}", settings, files)
    assert project.run("config", "--quiet") == ""
    try:
        project.run("up", "--build", "--detach", "--wait")
        yield project
    finally:
        project.remove()


def _scope_of_gateway(cluster: Project, number: int) -> str:
    """What a gateway grants the demo's client; empty while it grants nothing."""
    said = cluster.asked("python", "-c", ASK, json.dumps(DEMO_REQUEST), index=number, not_yet=("HTTP Error 503",))
    return str(json.loads(said)["scope"]) if said is not None else ""


def _facts(cluster: Project, node: str) -> set[str]:
    """What a node says of the cluster."""
    asking = "REDISCLI_AUTH=$(cat /password/valkey.password) valkey-cli cluster info"
    return set(cluster.run("exec", "-T", node, "sh", "-c", asking).split())


def test_both_gateways_grant_what_a_rule_adds_and_three_nodes_have_the_slots(cluster: Project) -> None:
    until(lambda: all(_scope_of_gateway(cluster, number) == "test extra" for number in (1, 2)))
    for node in NODES:
        assert _facts(cluster, node) >= WHOLE


def test_a_cluster_that_is_made_stays_as_it_is(cluster: Project) -> None:
    cluster.run("run", "--rm", "-T", "--no-deps", "cluster")
    for node in NODES:
        assert _facts(cluster, node) >= WHOLE
    until(lambda: _scope_of_gateway(cluster, 1) == "test extra")


def test_the_proxy_has_found_both_gateways(cluster: Project) -> None:
    status = json.loads(cluster.rulemint("status", "--json"))
    assert len(status["gateways"]) == 2
    assert "Rulemint is ready" in cluster.logs("welcome")
