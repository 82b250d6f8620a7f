"""Pages that are recordings of a terminal are played again here: each command, and what it prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from fixtures.processes import ROOT
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(300)

PAGE, CASES = ROOT / "docs/cli.md", ROOT / "docs/cases.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """A command, over several lines if they begin with ``> ``, and the lines that it prints."""

    command: str
    printed: list[str]


def steps(page: Path = PAGE) -> list[Step]:
    found: list[Step] = []
    for block in _BLOCK.findall(page.read_text()):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Step(line[2:], []))
            elif line.startswith("> ") and not found[-1].printed:
                found[-1].command += f"\n{line[2:]}"
            else:
                found[-1].printed.append(line)
    return found


def pattern_of(printed: list[str], place: Workplace) -> str:
    """What must be printed: ``…`` in a line is any text, alone any lines; columns may be wider or narrower."""
    parts = []
    for line in printed:
        here = line.replace("localhost:8080", f"localhost:{place.port}")
        if here == "…":
            parts.append(r"(?:.*\n)*")
        else:
            texts = (re.sub(r"(\\ ){2,}", " {2,}", re.escape(text)) for text in here.split("…"))
            parts.append("[^\n]*".join(texts) + r" *\n")
    return "".join(parts)


def play(command: str, place: Workplace) -> str:
    printed = place.paste(command.replace("localhost:8080", f"localhost:{place.port}")).both
    return printed if printed.endswith("\n") or not printed else f"{printed}\n"


@pytest.mark.parametrize(("page", "at_least"), [(PAGE, 20), (CASES, 4)], ids=["cli", "cases"])
def test_every_command_of_the_page_prints_what_stands_below_it(
    own_workplace: Workplace, page: Path, at_least: int
) -> None:
    played = steps(page)
    assert len(played) >= at_least
    for step in played:
        printed = play(step.command, own_workplace)
        assert re.fullmatch(pattern_of(step.printed, own_workplace), printed), f"$ {step.command}\n{printed}"


@pytest.mark.parametrize("noun", ["clients", "apis", "grants", "rules", "secrets", "tenants", "token", "status"])
def test_the_page_shows_every_noun(noun: str) -> None:
    assert any(f"rulemint {noun}" in step.command for step in steps())
