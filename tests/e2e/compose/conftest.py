"""The system of docker-compose.yml with the demo, which several files of tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from bench.free_ports import free_port

from fixtures.compose import Project


@pytest.fixture(scope="session")
def first_start() -> Iterator[tuple[Project, str]]:
    """The system after `docker compose --profile demo up --wait` has ended, and what was said and logged until then."""
    project = Project(f"rulemint-test-{os.getpid()}", {"RULEMINT_PORT": str(free_port())})
    try:
        project.run("up", "--build", "--detach", "--wait")
        yield project, project.said[0] + project.logs()
    finally:
        project.remove()


@pytest.fixture(scope="session")
def composed(first_start: tuple[Project, str]) -> Project:
    """The whole system with the demo."""
    return first_start[0]
