"""What docker-compose.yml gives each container, read from the file: no Docker engine is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

COMPOSE: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
SECRETS = {"keys", "runner-key", "password"}


@pytest.mark.parametrize(
    ("service", "seen"),
    [
        ("init", {"keys", "runner-key", "password"}),
        ("valkey", {"password"}),
        ("gateway", {"keys", "password"}),
        ("rule-runner", {"runner-key", "password"}),
        ("demo", set()),
    ],
)
def test_a_container_sees_the_secrets_that_it_needs_and_no_other(service: str, seen: set[str]) -> None:
    mounts = [mount.split(":") for mount in SERVICES[service].get("volumes", ())]
    assert {name for name, *_ in mounts} & SECRETS == seen
    if service != "init":
        assert all(mount[2:] == ["ro"] for mount in mounts if mount[0] in SECRETS)


def test_every_service_is_in_the_table_of_secrets() -> None:
    assert set(SERVICES) == {"init", "valkey", "gateway", "rule-runner", "demo"}


def test_no_setting_of_the_runner_s_container_names_the_master_key() -> None:
    environment = SERVICES["rule-runner"]["environment"]
    assert not [name for name in environment if "MASTER" in name]
    assert not [value for value in environment.values() if "master.key" in str(value)]
