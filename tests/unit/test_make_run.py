"""`make run` on a machine that lacks what it needs: it says what to install, and makes nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ["Makefile", "pyproject.toml", "requirements.lock", "bench/interpreters.py"]
PACKAGES = ["shared", "gateway", "rule-runner", "cli"]
WITHOUT_VENV = """#!/bin/bash
# A Python without ensurepip, as Debian packages it without python3-venv.
[ "$1" != -I ] || shift
PYTHONPATH={hidden} exec {python} "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What `make` reads to set up an environment, and a folder of programs that is the whole PATH."""
    for name in [*NEEDED, *(f"{package}/pyproject.toml" for package in PACKAGES)]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / "programs").mkdir()
    return tmp_path


def set_up(clone: Path) -> subprocess.CompletedProcess[str]:
    make = shutil.which("make")
    assert make is not None
    return subprocess.run(
        [make, ".venv/ready"],
        cwd=clone,
        env={"PATH": str(clone / "programs")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_python_it_names_the_packages_of_the_distributions(clone: Path) -> None:
    done = set_up(clone)
    assert done.returncode != 0
    assert "Python 3.11 or newer with venv is needed (Debian, Ubuntu: apt-get install python3-venv;" in done.stderr
    assert not (clone / ".venv").exists()


def test_without_venv_it_names_the_package_that_brings_it(clone: Path) -> None:
    (clone / "hidden").mkdir()
    (clone / "hidden/ensurepip.py").write_text("raise ImportError\n")
    python = clone / "programs/python3"
    python.write_text(WITHOUT_VENV.format(hidden=clone / "hidden", python=sys.executable))
    python.chmod(0o755)
    done = set_up(clone)
    assert done.returncode != 0
    assert (
        "CPython with venv is needed, one of 3.11, 3.12, 3.13. Debian and Ubuntu: apt-get install python3-venv"
        in done.stderr
    )
    assert not (clone / ".venv").exists()
