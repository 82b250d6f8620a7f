"""A first start with TLS in a fresh clone: the demo works once /readyz says so, and the health check follows."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from bench.free_ports import free_port

from fixtures.clone import make_clone
from fixtures.compose import DEMO_REQUEST, Project
from fixtures.processes import until
from fixtures.valkey import docker_answers

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

AUTHORITY = trustme.CA()
CLIENT = "192.0.2.77"
NEEDED = (
    "docker-compose.yml",
    ".dockerignore",
    "shared",
    "gateway",
    "rule-runner",
    "cli",
    "examples",
    "proxy",
    "images",
    "docs",
    "bench/compatibility/rules",
    ":(glob)*.md",
    "docker-compose.cluster.yml",
)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a fresh clone, without .env, and a certificate whose key its owner alone may read."""
    folder = make_clone(tmp_path_factory.mktemp("clone"), *NEEDED)
    _write_certificate(folder)
    return folder


def _write_certificate(folder: Path) -> None:
    issued = AUTHORITY.issue_cert("localhost")
    (folder / "site.pem").write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    key = folder / "site.key"
    key.write_bytes(issued.private_key_pem.bytes())
    key.chmod(0o600)


@pytest.fixture(scope="module")
def project(clone: Path) -> Iterator[Project]:
    settings = {
        "RULEMINT_PORT": str(free_port()),
        "RULEMINT_TLS_CERT": "./site.pem",
        "RULEMINT_TLS_KEY": "./site.key",
        "RULEMINT_TRUSTED_PROXIES": "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",  # this machine, as a container sees it
    }
    project = Project(f"rulemint-tls-{os.getpid()}", settings, (clone / "docker-compose.yml",), folder=clone)
    try:
        project.run("up", "--detach")
        yield project
    finally:
        project.remove()


class Answer(NamedTuple):
    """An answer over https."""

    status: int
    exchange: str
    body: str


def _ask(project: Project, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    connection = http.client.HTTPSConnection("localhost", project.port, timeout=15, context=context)
    with closing(connection):
        connection.request(method, path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers.get("X-Request-Id", ""), answer.read().decode())


def _until_ready(project: Project) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            if _ask(project, "GET", "/readyz").status == 200:
                return
        except OSError:
            pass  # nobody listens yet
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_first_request_after_readiness_gets_the_demo_s_token_over_https(project: Project) -> None:
    _until_ready(project)
    answer = _ask(project, "POST", "/oauth/token", json.dumps(DEMO_REQUEST))
    assert (answer.status, json.loads(answer.body)["scope"]) == (200, "test extra")


def test_a_demo_that_compose_has_left_behind_is_no_obstacle(project: Project) -> None:
    _until_ready(project)
    without_demo = Project(project.name, project.settings, project.files, (), project.folder)
    without_demo.run("down", "--timeout", "2")
    assert project.inspect("demo")["State"]["Status"] == "exited"
    project.run("up", "--detach", "--wait")
    answer = _ask(project, "POST", "/oauth/token", json.dumps(DEMO_REQUEST))
    assert answer.status == 200


def test_the_issuer_and_the_health_check_follow_and_nothing_warns(project: Project) -> None:
    _until_ready(project)
    discovered = json.loads(_ask(project, "GET", "/.well-known/openid-configuration").body)
    assert discovered["issuer"] == f"https://localhost:{project.port}/"
    until(lambda: project.inspect("proxy")["State"]["Health"]["Status"] == "healthy", timeout_s=60)
    assert "warn" not in project.said[0].lower()
    until(lambda: project.inspect("welcome")["State"]["Status"] == "exited", timeout_s=60)
    assert f"curl -s https://localhost:{project.port}/oauth/token" in project.logs("welcome")


def test_a_proxy_in_front_says_for_whom_it_asks(project: Project) -> None:
    _until_ready(project)
    answer = _ask(project, "POST", "/oauth/token", json.dumps(DEMO_REQUEST), **{"X-Forwarded-For": CLIENT})
    show = ("exchanges", "show", answer.exchange, "--json")
    until(lambda: project.asked("rulemint", *show, not_yet=("exchange does not exist",)) is not None)
    assert json.loads(project.rulemint(*show))["ip"] == CLIENT


def test_a_new_certificate_is_taken_without_a_pause(project: Project, clone: Path) -> None:
    _until_ready(project)
    before = ssl.get_server_certificate(("localhost", project.port))
    _write_certificate(clone)
    project.run("up", "--detach", "--no-deps", "--force-recreate", "certificate")
    until(lambda: project.inspect("certificate")["State"]["Status"] == "exited")
    project.run("kill", "--signal", "USR2", "proxy")
    until(lambda: ssl.get_server_certificate(("localhost", project.port)) != before)
    assert _ask(project, "GET", "/readyz").status == 200


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({"RULEMINT_TLS_KEY": ""}, "RULEMINT_TLS_CERT is set without RULEMINT_TLS_KEY", id="no key"),
        pytest.param(
            {"RULEMINT_TLS_CERT": ""}, "RULEMINT_TLS_KEY is set without RULEMINT_TLS_CERT", id="no certificate"
        ),
        pytest.param({"RULEMINT_TLS_KEY": "./site.pem"}, "is not a private key", id="a certificate for a key"),
        pytest.param({"RULEMINT_TLS_CERT": "./site.key"}, "is not a certificate", id="a key for a certificate"),
    ],
)
def test_a_pair_that_cannot_be_used_is_refused_in_one_line(
    project: Project, settings: dict[str, str], expected: str
) -> None:
    done = project.with_settings(**settings).call("run", "--rm", "-T", "--no-deps", "certificate")
    assert done.returncode == 1
    assert expected in done.stderr + done.stdout


def test_a_file_that_is_missing_is_named(project: Project) -> None:
    wrong = project.with_settings(RULEMINT_TLS_CERT="./absent.pem")
    done = wrong.call("run", "--rm", "-T", "--no-deps", "certificate")
    assert done.returncode != 0
    assert "absent.pem" in done.stderr
    assert not (project.folder / "absent.pem").exists()
