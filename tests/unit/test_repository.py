"""What no single package can say of itself: that the locks and the versions of all of them agree."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import rulemint_shared

ROOT = Path(__file__).parents[2]
PACKAGES = ["shared", "gateway", "rule-runner", "cli"]
WHOLE = "requirements-dev.lock"
RUN = "requirements.lock"
PARTS = [RUN, "gateway/requirements.lock", "rule-runner/requirements.lock"]
MOST_TO_RUN = 60
_PINNED = re.compile(r"(?P<name>[a-z0-9._-]+)(\[[a-z0-9,._-]+\])?==(?P<version>\S+)( ; (?P<marker>.+))?")

Pin = tuple[str, frozenset[str]]
"""A version and the hashes of its files."""


def pins_of(lock: str) -> dict[str, Pin]:
    """Every requirement of a lock; whatever is no pinned requirement with hashes is an error."""
    pins = {}
    for requirement in (ROOT / lock).read_text().replace("\\\n", " ").splitlines():
        pinned, *hashes = re.split(r"\s+--hash=", requirement.strip())
        match = _PINNED.fullmatch(pinned.strip())
        assert match is not None, f"{lock}: {pinned}"
        assert hashes, f"{lock}: {pinned} has no hashes"
        pins[match["name"]] = (match["version"], frozenset(hashes))
    return pins


@pytest.mark.parametrize("part", PARTS)
def test_what_runs_is_installed_from_a_part_of_what_is_tested_with_the_same_versions_and_hashes(part: str) -> None:
    whole, pins = pins_of(WHOLE), pins_of(part)
    assert {name: pin for name, pin in pins.items() if whole.get(name) != pin} == {}
    assert len(pins) < len(whole)


def test_what_make_run_installs_is_little_and_has_nothing_that_only_tests_need() -> None:
    names = set(pins_of(RUN))
    assert len(names) + len(PACKAGES) < MOST_TO_RUN
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    to_develop = {name.lower().replace("_", "-") for group in ("lock", "test", "lint") for name in groups[group]}
    assert to_develop & names == set()
    assert to_develop - set(pins_of(WHOLE)) == set()


def test_the_runner_s_image_has_no_jwt_library() -> None:
    """A runner cannot sign."""
    names = {name.partition("[")[0] for name in pins_of("rule-runner/requirements.lock")}
    assert not names & {"pyjwt", "authlib", "joserfc", "jwcrypto", "python-jose"}
    assert any(name.partition("[")[0] == "pyjwt" for name in pins_of(WHOLE))


@pytest.mark.parametrize("lock", [WHOLE, *PARTS])
def test_no_lock_names_an_address(lock: str) -> None:
    """Where packages come from is the matter of whoever installs them."""
    assert [line for line in (ROOT / lock).read_text().splitlines() if "://" in line] == []


@pytest.mark.parametrize("folder", ["", *PACKAGES, "sdk/python"], ids=["workspace", *PACKAGES, "sdk/python"])
def test_the_repository_has_one_version(folder: str) -> None:
    project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
    assert project["version"] == rulemint_shared.__version__


def test_the_kit_for_javascript_has_that_version_and_needs_nothing() -> None:
    package = json.loads((ROOT / "sdk/javascript/package.json").read_text())
    assert package["version"] == rulemint_shared.__version__
    assert [name for name in package if name.lower().endswith("dependencies")] == []
    assert [file for file in package["files"] if not (ROOT / "sdk/javascript" / file).exists()] == []


SUPPRESSED = re.compile(r"#\s*(noqa|type: ignore)\b|deno-lint-ignore")
REASONED = re.compile(r"(# (noqa: [A-Z0-9, ]+|type: ignore\[[a-z-, ]+\])\s*)+# \S|// deno-lint-ignore\S* [a-z-]+ -- \S")
CODE = ("*.py", "*.js", "*.ts", "*.d.ts")
FOLDERS = ("shared", "gateway", "rule-runner", "cli", "sdk", "bench", "docs", "images", "proxy", "tests")


def test_every_suppression_says_why() -> None:
    lines = [
        (file, number, line)
        for folder in FOLDERS
        for kind in CODE
        for file in (ROOT / folder).rglob(kind)
        if not {"node_modules", ".venv", "build"} & set(file.parts)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if SUPPRESSED.search(line) and "re.compile" not in line
    ]
    assert len(lines) > 100
    assert [f"{file}:{number}" for file, number, line in lines if not REASONED.search(line)] == []
