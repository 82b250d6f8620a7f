from __future__ import annotations

import importlib.util
import re
import tomllib
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FOLDERS = ("bench", "cli", "docs", "examples", "gateway", "images", "proxy", "rule-runner", "sdk", "shared", "tests")
NAMED = re.compile(r"`([^`\s]+)`")
"""What a page says in code: names of files, folders, tests and import contracts, among other things."""
STANDARD = re.compile(r"RFC \d+|HTML")


def test_the_settings_page_is_what_the_code_says() -> None:
    """`make docs` makes it anew."""
    spec = importlib.util.spec_from_file_location("settings_page", ROOT / "docs/settings.py")
    assert spec is not None
    assert spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert (ROOT / "docs/settings.md").read_text() == page.render()


def test_every_proxy_that_the_pages_trust_is_a_single_address() -> None:
    """Clients in a wider network would count as proxies, and could choose their addresses."""
    pages = "".join(path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    named = re.findall(r"RULEMINT_TRUSTED_PROXIES[=:] ?(\S+)$", pages, re.MULTILINE)
    assert len(named) >= 3
    trusted = [ip_network(text) for each in named for text in each.split(",")]
    assert [str(network) for network in trusted if network.num_addresses > 1] == []


def test_the_proxy_on_the_same_machine_is_the_gateway_of_the_network_that_the_page_fixes() -> None:
    page = (ROOT / "docs/compose.md").read_text().partition("## A proxy of your own in front")[2]
    block = re.search(r"```yaml\n(.+?)```", page, re.DOTALL)
    assert block is not None
    described = yaml.safe_load(block[1])["networks"]["front"]["ipam"]["config"][0]
    assert f"RULEMINT_TRUSTED_PROXIES={described['gateway']}/32\n" in page
    assert ip_address(described["gateway"]) in ip_network(described["subnet"])


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


@pytest.mark.parametrize(
    "page", ["ARCHITECTURE.md", "*/README.md", "docs/decisions/*.md", "docs/extending.md", "docs/token-request.md"]
)
def test_the_files_and_tests_that_a_page_names_exist(page: str) -> None:
    files = [f"/{path.relative_to(ROOT)}" for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    tests = set(re.findall(r"def (test_\w+)", "".join(path.read_text() for path in ROOT.glob("tests/**/test_*.py"))))
    named = {name for path in ROOT.glob(page) for name in NAMED.findall(path.read_text())}
    assert named
    missing_tests = {name for name in named if re.fullmatch(r"test_\w+", name)} - tests
    missing_files = {name for name in named if _is_path(name) and not _is_there(name, files)}
    assert (missing_tests, missing_files) == (set(), set())


@pytest.mark.parametrize("package", ["shared", "gateway", "rule-runner", "cli"])
def test_each_room_of_a_package_stands_in_its_readme(package: str) -> None:
    rooms = {path.parent.name for path in (ROOT / package).glob("rulemint_*/*/*.py")}
    cells = re.findall(r"^\| (`.+?) \|", (ROOT / package / "README.md").read_text(), re.MULTILINE)
    named = {name.split("/")[0] for cell in cells for name in NAMED.findall(cell)}
    assert rooms
    assert rooms - named == set()


def test_the_import_contracts_that_the_architecture_names_exist() -> None:
    contracts = re.findall(r"contract:([\w-]+)\]", (ROOT / ".importlinter").read_text())
    table = (ROOT / "ARCHITECTURE.md").read_text().partition("## Invariants")[2]
    named = [
        name for names in re.findall(r"contracts? ((?:`[\w-]+`(?: and )?)+)", table) for name in NAMED.findall(names)
    ]
    assert named
    assert not set(named) - set(contracts)


def test_every_fact_about_auth0_that_a_test_cites_is_on_the_page() -> None:
    """`§3.3` is a paragraph of docs/auth0-facts.md unless its line names a standard."""
    there = set(re.findall(r"^### (\d+\.\d+) ", (ROOT / "docs/auth0-facts.md").read_text(), re.MULTILINE))
    lines = [line for path in ROOT.glob("tests/**/*.py") for line in path.read_text().splitlines()]
    cited = {number for line in lines if not STANDARD.search(line) for number in re.findall(r"§(\d+\.\d+)", line)}
    assert cited
    assert cited - there == set()


def _is_path(name: str) -> bool:
    """Whether *name* is meant to be a file or a folder of this repository."""
    if name.startswith("/") or "<" in name:  # a path of HTTP, or a pattern
        return False
    return "/" in name or re.search(r"\.(py|js|md|toml)$", name) is not None


def _is_there(name: str, files: list[str]) -> bool:
    """Whether a file or folder ends like *name*."""
    ending = f"/{name.strip('/')}"
    return name.strip("/") in FOLDERS or any(path.endswith(ending) for path in files)


def test_each_word_of_the_glossary_stands_in_a_file_that_is_there_and_in_the_order_of_the_alphabet() -> None:
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| .+ \| `(.+?)` \|$", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    words = [word for word, _file in rows]
    assert len(words) >= 30
    assert words == sorted(words, key=str.lower)
    assert [file for _word, file in rows if not (ROOT / file).is_file()] == []


def test_the_command_line_alone_is_installed_with_all_that_no_registry_has() -> None:
    (command,) = re.findall(r"^    uv tool install \./cli (.*)$", (ROOT / "docs/cli.md").read_text(), re.MULTILINE)
    given, needed = set(re.findall(r"--with \./([a-z-]+)", command)), {"cli"}
    for _ in range(4):  # and what those need
        for folder in tuple(needed):
            listed = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]["dependencies"]
            needed |= {name.removeprefix("rulemint-") for name in listed if re.fullmatch(r"rulemint-[a-z-]+", name)}
    assert given == needed - {"cli"}
