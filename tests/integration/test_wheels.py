"""The wheels of the packages; the files that are no Python code are named nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
CACHES = {"__pycache__"}


@pytest.mark.parametrize("package", ["shared", "gateway", "rule-runner", "cli"])
def test_a_wheel_has_every_file_of_its_package(package: str, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT / package, check=True, capture_output=True)
    (wheel,) = tmp_path.iterdir()
    (folder,) = (ROOT / package).glob("rulemint_*")
    files = [path for path in folder.rglob("*") if path.is_file() and not CACHES & set(path.parts)]
    expected = {str(path.relative_to(ROOT / package)) for path in files}
    assert expected == {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
