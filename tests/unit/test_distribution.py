"""How several processes share the tests out."""

from __future__ import annotations

import os
import re
from pathlib import Path

from fixtures.distribution import HOSTILE_RULES, PARTS, ROOT, TIERS, TOGETHER, unit_of
from fixtures.legs import AS_ORDINARY_USER, AS_ROOT, MAIN_LEG
from fixtures.processes import family_of
from fixtures.tiers import SYSTEMS


def test_the_files_and_folders_that_are_named_exist_and_every_tier_has_its_place() -> None:
    assert [file for file in PARTS if not (ROOT / file).is_file()] == []
    assert [path for group in TOGETHER for path in group if not (ROOT / path).exists()] == []
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert {folder.relative_to(ROOT / "tests").parts[0] for folder in folders} == set(TIERS)


def test_a_file_s_tests_stay_together() -> None:
    assert unit_of("tests/e2e/a.py::test_b[c: d]") == unit_of("tests/e2e/a.py::test_e")
    assert unit_of("tests/e2e/a.py::test_b") != unit_of("tests/e2e/f.py::test_b")


def test_a_folder_s_files_stay_together_where_they_share_a_system() -> None:
    assert unit_of("tests/e2e/sdks/a.py::test_b") == unit_of("tests/e2e/sdks/c.py::test_d")


def test_the_hostile_rules_of_the_main_leg_are_run_in_parts_and_each_other_leg_is_one() -> None:
    other = AS_ORDINARY_USER if MAIN_LEG == AS_ROOT else AS_ROOT

    def units(leg: str) -> set[str]:
        return {unit_of(f"{HOSTILE_RULES}::test_it[{leg}: python rule {number}]") for number in range(200)}

    assert len(units(MAIN_LEG)) == PARTS[HOSTILE_RULES]
    assert len(units(other)) == 1
    assert not units(MAIN_LEG) & units(other)


def test_no_system_of_another_tier_runs_on() -> None:
    """Where this process has run other tiers before."""
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in family_of(os.getpid())]
    assert [command for command in commands if b"rulemint_gateway" in command] == []


def test_what_ends_with_its_tier_is_a_fixture_of_a_session() -> None:
    made = re.compile(r'^@pytest\.fixture\(scope="session"\)\ndef (\w+)\(', re.MULTILINE)
    found = {name for path in (ROOT / "tests").rglob("*.py") for name in made.findall(path.read_text())}
    assert found >= SYSTEMS
