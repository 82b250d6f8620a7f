"""What a runner says of its settings before it starts anything."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rulemint_runner.settings import RunnerSettings
from rulemint_shared.process.settings import describe
from rulemint_shared.secrets.vault import create_master_key


def test_a_deployment_that_gives_a_runner_the_master_key_is_told_in_one_line_what_to_do(tmp_path: Path) -> None:
    create_master_key(tmp_path / "master.key")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RULEMINT_")},
        "RULEMINT_REDIS_URL": "redis://127.0.0.1:1/",
        "RULEMINT_MASTER_KEY_FILE": str(tmp_path / "master.key"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "rulemint_runner"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("rulemint-runner: RULEMINT_RUNNER_KEY_FILE is not set: ")
    assert "`rulemint init FOLDER` makes it" in line


@pytest.mark.parametrize("word", ["MASTER", "ADMIN", "SIGNING"])
def test_no_setting_of_a_runner_leads_to_a_key_of_the_gateway(word: str) -> None:
    assert not [name for name, *_ in describe(RunnerSettings) if word in name]
