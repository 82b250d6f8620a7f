from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_settings_page_is_what_the_code_says() -> None:
    """`make docs` makes it anew."""
    spec = importlib.util.spec_from_file_location("settings_page", ROOT / "docs/settings.py")
    assert spec is not None
    assert spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert (ROOT / "docs/settings.md").read_text() == page.render()


def test_every_direct_dependency_is_justified() -> None:
    page = (ROOT / "docs/dependencies.md").read_text()
    declared: set[str] = set()
    for path in ROOT.glob("*/pyproject.toml"):
        declared |= set(tomllib.loads(path.read_text())["project"]["dependencies"])
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    declared |= {name for group in groups.values() for name in group}
    names = {re.split(r"[<>=\[ ]", name)[0] for name in declared}
    third_party = {name for name in names if not name.startswith("rulemint-")}
    assert third_party
    assert not [name for name in third_party if name.lower() not in page.lower()]


def test_the_changelog_begins_with_what_is_unreleased_or_with_the_packages_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    heading = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heading is not None
    assert heading[1] in {"Unreleased", version}
