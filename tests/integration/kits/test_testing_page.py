"""The examples of docs/testing-rules.md run as they stand there, by the packages as their users install them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import deno
import pytest

from fixtures.processes import BIN

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/testing-rules.md"
FILE = re.compile(r"```(?:python|js)\n(?:#|//) (?P<name>[\w.]+)\n(?P<text>.*?)```", re.DOTALL)
TIMEOUT_S = 240


def examples(folder: Path, *suffixes: str) -> list[str]:
    """Write the page's files with these suffixes into *folder*; their names."""
    found = {each["name"]: each["text"] for each in FILE.finditer(PAGE.read_text())}
    wanted = {name: text for name, text in found.items() if name.endswith(suffixes)}
    for name, text in wanted.items():
        (folder / name).write_text(text)
    return list(wanted)


def run(*argv: str | Path, folder: Path, **environment: str) -> str:
    """What *argv* prints; it must succeed."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    given = {"PATH": path, "HOME": str(folder), "NO_COLOR": "1", **environment}
    ran = subprocess.run(
        [str(each) for each in argv],
        cwd=folder,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.mark.timeout(TIMEOUT_S)
def test_the_examples_in_python_pass_with_the_package_installed_into_an_environment_of_its_own(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    run(sys.executable, "-m", "venv", environment, folder=tmp_path)
    python = environment / "bin/python"
    # pytest and hatchling come from here, because a test reaches no registry.
    packages = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=tmp_path).strip()
    Path(packages, "tools.pth").write_text(sysconfig.get_path("purelib"))
    source = shutil.copytree(ROOT / "sdk/python", tmp_path / "sdk/python", ignore=shutil.ignore_patterns("__pycache__"))
    pip = ("-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--no-index")
    run(python, *pip, source, folder=tmp_path)
    tests = tmp_path / "tests"
    tests.mkdir()
    assert examples(tests, ".py") == ["plan.py", "test_plan.py", "test_function.py"]
    said = run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", folder=tests)
    assert "7 passed" in said


@pytest.mark.timeout(TIMEOUT_S)
def test_the_wheel_has_the_types_and_the_copies_and_the_plug_in(tmp_path: Path) -> None:
    source = shutil.copytree(ROOT / "sdk/python", tmp_path / "python", ignore=shutil.ignore_patterns("__pycache__"))
    argv = ("-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", tmp_path)
    run(sys.executable, *argv, source, folder=tmp_path)
    (wheel,) = tmp_path.glob("rulemint_rules-*-py3-none-any.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"rulemint/py.typed", "rulemint/__init__.pyi", "rulemint/_contract/rule.py"} <= names
    assert any(name.endswith("entry_points.txt") for name in names)


@pytest.fixture(scope="module")
def node_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples and the package, as npm installs it from its packed form."""
    folder = tmp_path_factory.mktemp("node")
    packed = (
        run("npm", "pack", "--silent", "--offline", ROOT / "sdk/javascript", folder=folder).strip().splitlines()[-1]
    )
    (folder / "package.json").write_text('{"private": true}')
    run("npm", "install", "--silent", "--offline", "--no-audit", "--no-fund", f"./{packed}", folder=folder)
    assert examples(folder, "js") == ["plan.js", "action.js", "plan.test.mjs"]
    return folder


@pytest.mark.timeout(TIMEOUT_S)
def test_the_examples_in_javascript_pass_by_node(node_folder: Path) -> None:
    assert "pass 4" in run("node", "--test", folder=node_folder)


@pytest.mark.timeout(TIMEOUT_S)
def test_the_examples_in_javascript_pass_by_deno(node_folder: Path) -> None:
    environment = {"DENO_DIR": str(node_folder / "deno"), "DENO_NO_UPDATE_CHECK": "1"}
    said = run(deno.find_deno_bin(), "test", "--no-check", "--allow-all", folder=node_folder, **environment)
    assert "4 passed" in said
