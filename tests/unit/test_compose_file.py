"""What docker-compose.yml gives each container, read from the file: no Docker engine is needed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from rulemint_cli.local.data_dir import DataDir
from rulemint_cli.local.embedded_valkey import write_configuration
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_runner.hosts.host_budget import HOST_MIB, THREADS_PER_HOST
from rulemint_runner.settings import RunnerSettings
from rulemint_shared import __version__
from rulemint_shared.process.settings import read_settings

COMPOSE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
SECRETS = {"keys", "runner-key", "password", "tls"}
WRITERS = {"init", "certificate"}


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        ("init", {"keys", "runner-key", "password"}),
        ("valkey", {"password"}),
        ("gateway", {"keys", "password"}),
        ("rule-runner", {"runner-key", "password"}),
        ("proxy", {"tls"}),
        ("certificate", {"tls"}),
        ("welcome", set()),
        ("demo", set()),
        ("rulemint", set()),
        ("done", set()),
    ],
)
def test_a_container_sees_the_secrets_that_it_needs_and_no_other(service: str, seen: set[str]) -> None:
    mounts = [mount.split(":") for mount in SERVICES[service].get("volumes", ()) if isinstance(mount, str)]
    assert {name for name, *_ in mounts} & SECRETS == seen
    if service not in WRITERS:
        assert all(mount[2:] == ["ro"] for mount in mounts if mount[0] in SECRETS)


def test_every_service_is_in_the_table_of_secrets() -> None:
    of_the_system = {"init", "valkey", "gateway", "rule-runner", "proxy"}
    assert set(SERVICES) == of_the_system | {"certificate", "welcome", "demo", "rulemint", "done"}


def test_only_the_certificate_s_reader_may_read_files_of_any_owner_and_it_has_no_network() -> None:
    may = {name: described["cap_add"] for name, described in SERVICES.items() if "cap_add" in described}
    assert may == {"certificate": ["DAC_READ_SEARCH"]}
    assert SERVICES["certificate"]["network_mode"] == "none"


@pytest.mark.parametrize("service", SERVICES)
def test_one_service_builds_an_image_and_none_is_looked_for_elsewhere(service: str) -> None:
    described = SERVICES[service]
    builders = {each["image"] for each in SERVICES.values() if "build" in each}
    if described["image"].startswith("rulemint-"):
        assert described["image"] in builders
        assert described["pull_policy"] == ("build" if "build" in described else "never")


@pytest.mark.parametrize("service", SERVICES)
def test_every_log_is_rotated(service: str) -> None:
    assert SERVICES[service]["logging"] == {"driver": "local", "options": {"max-size": "10m", "max-file": "3"}}


def test_a_gateway_that_stops_has_time_for_all_that_it_is_told_to_do() -> None:
    gateway = SERVICES["gateway"]
    settings = GatewaySettings(redis_url="redis://valkey", master_key_file=Path("key"))
    drain_s = float(gateway["environment"]["RULEMINT_DRAIN_DELAY"]) + settings.drain
    assert float(gateway["stop_grace_period"].removesuffix("s")) > drain_s + 5


def test_the_images_have_the_version_of_the_packages() -> None:
    for image in ("gateway", "rule-runner", "proxy"):
        text = (Path(__file__).parents[2] / image / "Dockerfile").read_text()
        assert set(re.findall(r"ARG VERSION=(\S+)", text)) == {__version__}


@pytest.mark.parametrize("service", SERVICES)
def test_no_container_can_take_the_machine_from_the_others(service: str) -> None:
    described = SERVICES[service]
    assert _mib(described["mem_limit"]) <= 2 * 1024
    assert 0 < described["pids_limit"] <= 4_096
    for mount in described.get("tmpfs", ()):
        assert "size=" in mount, mount
        assert _mib(_options(mount)["size"]) < _mib(described["mem_limit"]) / 4


def test_what_the_runner_is_told_fits_its_container() -> None:
    runner = SERVICES["rule-runner"]
    environment = {name: str(value) for name, value in runner["environment"].items()}
    settings = read_settings(RunnerSettings, environment)
    (mount,) = [mount for mount in runner["tmpfs"] if mount.startswith(f"{settings.install_folder}:")]
    limit_mib = _mib(runner["mem_limit"])
    assert settings.hosts_memory_mb == limit_mib // 2
    assert _mib(_options(mount)["size"]) >= settings.max_installations * settings.install_mb
    assert (
        int(_options(mount)["nr_inodes"].removesuffix("k")) * 1000
        >= settings.max_installations * settings.install_files
    )
    assert runner["pids_limit"] >= settings.hosts_memory_mb // HOST_MIB * THREADS_PER_HOST


def test_valkey_refuses_to_write_before_its_container_is_full() -> None:
    valkey = SERVICES["valkey"]
    found = re.search(r"maxmemory (\d+)(mb|gb)", "".join(valkey["command"]))
    assert found is not None
    assert 2 * _mib(f"{found[1]}{found[2][0]}") <= _mib(valkey["mem_limit"])


def test_no_setting_of_the_runner_s_container_names_the_master_key() -> None:
    environment = SERVICES["rule-runner"]["environment"]
    assert not [name for name in environment if "MASTER" in name]
    assert not [value for value in environment.values() if "master.key" in str(value)]


def _mib(size: str) -> float:
    return float(size[:-1]) * {"m": 1, "g": 1024}[size[-1]]


def _options(mount: str) -> dict[str, str]:
    """``/tmp:size=1m,mode=700`` → its options."""
    return dict(option.split("=") for option in mount.partition(":")[2].split(","))


def test_valkey_keeps_and_confirms_what_is_written_as_that_of_rulemint_dev_does(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path, tmp_path)
    data_dir.valkey_password.write_text("secret")
    _program, file = write_configuration(data_dir)
    of_dev = dict(line.split(maxsplit=1) for line in Path(file).read_text().splitlines())
    said = re.findall(r"""echo (?:"([^"]*)"|'([^']*)')""", SERVICES["valkey"]["command"][-1])
    of_compose = dict((double or single).split(maxsplit=1) for double, single in said)
    names = ("appendonly", "appendfsync", "hz", "save", "maxmemory-policy")
    assert {name: of_compose[name] for name in names} == {name: of_dev[name] for name in names}
