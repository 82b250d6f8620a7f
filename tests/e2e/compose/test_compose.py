"""The containers of ``docker compose --profile demo up``, where a Docker engine answers."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any

import pytest

from fixtures.compose import Project, grants, token
from fixtures.processes import until
from fixtures.valkey import docker_answers
from rulemint_shared.contract.sandbox_report import LayerState, decode_report

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

SERVICES = ("gateway", "rule-runner", "valkey", "proxy")
OURS = ("gateway", "rule-runner", "proxy")
ONCE = ("init", "certificate", "welcome", "demo")


def test_the_demo_s_token_comes_through_containers(composed: Project) -> None:
    answer = token(composed.url)
    assert (answer["token_type"], answer["scope"], answer["expires_in"]) == ("Bearer", "test extra", 86_400)


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_is_locked_down(composed: Project, service: str) -> None:
    described = composed.inspect(service)
    host = described["HostConfig"]
    assert described["Config"]["User"] == "10001:10001"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_container_has_its_share_of_the_machine_and_no_more(composed: Project, service: str) -> None:
    host = composed.inspect(service)["HostConfig"]
    assert 0 < host["Memory"] <= 2 * 1024**3
    assert 0 < host["PidsLimit"] <= 4_096
    assert 0 < host["CpuShares"] <= 2_048
    assert all("size=" in options for options in host["Tmpfs"].values()), host["Tmpfs"]


@pytest.mark.parametrize("service", [*SERVICES, *ONCE])
def test_no_log_grows_for_ever(composed: Project, service: str) -> None:
    log = composed.inspect(service)["HostConfig"]["LogConfig"]
    assert log == {"Type": "local", "Config": {"max-file": "3", "max-size": "10m"}}


@pytest.mark.parametrize("service", ONCE)
def test_what_runs_once_has_ended_well(composed: Project, service: str) -> None:
    state = composed.inspect(service)["State"]
    assert (state["Status"], state["ExitCode"]) == ("exited", 0)


def test_only_the_proxy_is_reachable_and_only_on_loopback(composed: Project) -> None:
    published = {name: composed.inspect(name)["HostConfig"]["PortBindings"] or {} for name in SERVICES}
    assert published["gateway"] == published["rule-runner"] == published["valkey"] == {}
    assert [binding["HostIp"] for bindings in published["proxy"].values() for binding in bindings] == ["127.0.0.1"]


def test_rules_are_contained_in_a_container_that_gives_no_namespace(composed: Project) -> None:
    checked = composed.run("exec", "-T", "rule-runner", "python", "-m", "rulemint_runner", "--check-sandbox")
    report = decode_report(checked)
    assert report.problems == []
    optional = {layer.name: layer.state for layer in report.layers if not layer.required}
    assert len(optional) == len({"a control group", "users", "network", "ipc", "name", "root", "pids"})
    assert set(optional.values()) == {LayerState.UNAVAILABLE}


def test_every_service_is_healthy(composed: Project) -> None:
    until(lambda: all(composed.inspect(name)["State"]["Health"]["Status"] == "healthy" for name in SERVICES))


def test_a_gateway_without_a_runner_is_alive_and_not_ready(composed: Project) -> None:
    composed.run("stop", "rule-runner")
    try:
        until(lambda: _status(f"{composed.url}readyz") == 503)
        composed.run("exec", "-T", "gateway", "python", "-m", "rulemint_gateway.alive")
        assert _status(f"{composed.url}healthz") == 200
    finally:
        composed.run("start", "rule-runner")
    until(lambda: grants(composed.url))


def test_the_runner_s_image_cannot_sign_and_the_gateway_s_has_no_deno(composed: Project) -> None:
    absent = "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is not None)"
    composed.run("exec", "-T", "rule-runner", "python", "-c", absent, "jwt")
    composed.run("exec", "-T", "gateway", "python", "-c", absent, "deno")


def test_the_volume_s_secrets_are_for_one_user_only(composed: Project) -> None:
    modes = composed.run("exec", "-T", "gateway", "sh", "-c", "stat -c %a /var/lib/rulemint/keys/*")
    assert set(modes.split()) == {"600"}


def test_a_container_sees_the_secrets_that_it_needs_and_no_other(composed: Project) -> None:
    look = "ls /var/lib/rulemint/*/ /password 2>/dev/null || true"
    names = {
        service: {
            name
            for name in composed.run("exec", "-T", service, "sh", "-c", look).split()
            if name.endswith((".key", ".password", ".pem"))
        }
        for service in SERVICES
    }
    assert names["gateway"] == {"master.key", "valkey.password"}
    assert names["rule-runner"] == {"runner.key", "valkey.password"}
    assert names["valkey"] == {"valkey.password"}
    assert names["proxy"] == set()


def test_more_runners_share_the_work(composed: Project) -> None:
    composed.run("up", "--detach", "--no-recreate", "--scale", "rule-runner=3", "rule-runner")
    try:
        until(lambda: _runners(composed) == 3)
        assert all(grants(composed.url) for _ in range(20))
    finally:
        composed.run("up", "--detach", "--no-recreate", "--scale", "rule-runner=1", "rule-runner")


def test_nothing_warns_at_the_first_start(first_start: tuple[Project, str]) -> None:
    _project, said = first_start
    troubled = [line for line in said.splitlines() if re.search(r"warn|error|alert", line, re.IGNORECASE)]
    assert troubled == []


@pytest.mark.parametrize("service", OURS)
def test_an_image_says_what_it_is_and_what_is_in_it(composed: Project, service: str) -> None:
    described = composed.inspect(service)
    labels = {
        name.removeprefix("org.opencontainers.image."): value
        for name, value in described["Config"]["Labels"].items()
        if name.startswith("org.opencontainers.image.")
    }
    version = composed.rulemint("--version").split()[1]
    assert labels["version"] == version
    assert labels["licenses"] == "Apache-2.0"
    assert all(labels[name] for name in ("title", "description", "revision", "vendor", "base.name"))
    listed = _components(composed, service)
    assert listed["python"].startswith("3.")
    assert "libc6" in listed
    expected = {"gateway": {"aiohttp", "rulemint-cli"}, "rule-runner": {"deno", "pip"}, "proxy": {"haproxy"}}
    assert expected[service] <= set(listed)
    assert ("pyjwt" in {name.lower() for name in listed}) == (service == "gateway")


@pytest.mark.parametrize("service", ["gateway", "rule-runner"])
def test_a_bill_of_materials_has_every_python_package_and_no_other(composed: Project, service: str) -> None:
    ask = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    installed = json.loads(composed.run("exec", "-T", service, "python", "-I", "-c", ask))
    listed = {name for name, purl in _purls(composed, service).items() if purl.startswith("pkg:pypi/")}
    assert {_plain(name) for name in listed} == {_plain(name) for name in installed}


@pytest.mark.parametrize("service", ["gateway", "rule-runner"])
def test_an_image_runs_on_a_python_that_was_built_with_a_profile(composed: Project, service: str) -> None:
    """An official image's Python says so in its configuration. Debian builds its own that way, and does not say so."""
    look = (
        'python=$(readlink -f "$(command -v python)"); dpkg --search "$python" || '
        "python -c \"import sysconfig; print(sysconfig.get_config_var('CONFIG_ARGS'))\""
    )
    found = composed.run("exec", "-T", service, "sh", "-c", look)
    assert found.startswith("python3.") or "--enable-optimizations" in found


@pytest.mark.parametrize("service", OURS)
def test_an_image_has_no_tests_and_no_caches(composed: Project, service: str) -> None:
    look = (
        "ls -d /build /root/.cache/* 2>/dev/null; find /opt /usr/local \\( -path '*/rulemint_*/tests' "
        "-o -name '*.lock' -o -name '.*_cache' -o -name '*.whl' \\) -not -path '*/ensurepip/*'; true"
    )
    assert composed.run("exec", "-T", service, "sh", "-c", look) == ""


def _components(project: Project, service: str) -> dict[str, str]:
    return {each["name"]: each["version"] for each in _document(project, service)["components"]}


def _purls(project: Project, service: str) -> dict[str, str]:
    return {each["name"]: each.get("purl", "") for each in _document(project, service)["components"]}


def _document(project: Project, service: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(project.run("exec", "-T", service, "cat", "/opt/rulemint/sbom.cdx.json"))
    assert document["bomFormat"] == "CycloneDX"
    return document


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def _runners(project: Project) -> int:
    with urllib.request.urlopen(f"{project.url}readyz", timeout=5) as response:
        return int(json.load(response)["runners"])


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
