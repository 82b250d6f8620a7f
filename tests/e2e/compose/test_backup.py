"""The commands of docs/operating.md that back a system up and restore it, as they stand there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import jwt
import pytest
from bench.free_ports import free_port

from fixtures.compose import Project, token
from fixtures.processes import ROOT
from fixtures.valkey import docker_answers

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

BACKUP = (ROOT / "docs/operating.md").read_text().partition("## Backup")[2].partition("\n## ")[0]
COPYING, RESTORING = (
    "\n".join(line[4:] for line in block.splitlines()) for block in re.findall(r"(?:^    .*\n)+", BACKUP, re.MULTILINE)
)


def run(script: str, project: Project, folder: Path) -> str:
    """*script* as a user of *project* pastes it in *folder*, where the copies are."""
    script = script.replace("docker compose", shlex.join(project.command()))
    script = script.replace("rulemint_$volume", f"{project.name}_$volume").replace(
        "rulemint_valkey", f"{project.name}_valkey"
    )
    done = subprocess.run(
        ["bash", "-uc", script], cwd=folder, env=project.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_backup_becomes_a_system_that_signs_with_the_same_key_and_runs_the_same_rule(
    composed: Project, tmp_path: Path
) -> None:
    before = token(composed.url)["access_token"]
    assert run(COPYING, composed, tmp_path).split() == ["OK", "OK"]
    issuer = f"http://localhost:{composed.port}/"
    settings = {"RULEMINT_PORT": str(free_port()), "RULEMINT_ISSUER": issuer}
    restored = Project(f"{composed.name}-restored", settings, profiles=())
    try:
        run(RESTORING, restored, tmp_path)
        answer = token(restored.url)
        assert answer["scope"] == "test extra", "the rule runs, and its secret can be read"
        kid = jwt.get_unverified_header(before)["kid"]
        assert jwt.get_unverified_header(answer["access_token"])["kid"] == kid
        assert json.loads(restored.rulemint("credentials", "--json")) == json.loads(
            composed.rulemint("credentials", "--json")
        )
    finally:
        restored.remove()
