"""``rulemint new``: what it writes works, and so do the commands that it prints."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.workplace import Workplace
from rulemint_cli.rules.templates import TEMPLATES, languages_of

pytestmark = pytest.mark.timeout(240)


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_commands_that_are_printed_work_when_they_are_pasted(place: Workplace, template: str) -> None:
    for language in languages_of(template):
        name = f"new-{template}-{language}"
        written = place.rulemint("new", name, "--template", template, "--language", language, "--folder", "my rules")
        assert written.returncode == 0, written.stderr
        commands = [line.strip() for line in written.stdout.splitlines() if line.startswith("  rulemint ")]
        assert [command.split()[1] for command in commands] == ["test", "try", "rules"]
        for command in commands:
            done = place.paste(command, stdin="y\n")
            assert done.returncode == 0, (command, done.stdout, done.stderr)
        rules: list[Any] = place.json("rules", "list")
        assert name in {rule["name"] for rule in rules}
        assert place.rulemint("rules", "delete", name, "--yes").returncode == 0


def test_a_shell_reads_the_commands_as_they_are_printed(place: Workplace) -> None:
    written = place.process("new", "by-a-shell", "--folder", "my rules")
    command = next(line.strip() for line in written.stdout.splitlines() if line.startswith("  rulemint test"))
    done = place.paste(f"true && {command}")
    assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_help_lists_the_templates(place: Workplace) -> None:
    shown = place.rulemint("new", "--help").stdout
    assert all(f"{name} " in shown for name in TEMPLATES)


def test_a_file_that_is_there_stays(place: Workplace) -> None:
    assert place.rulemint("new", "twice").returncode == 0
    (place.folder / "twice.js").write_text("mine")
    done = place.rulemint("new", "twice")
    assert (done.returncode, (place.folder / "twice.js").read_text()) == (1, "mine")
    assert "twice.js is there already: take another name, or write over it with --force" in done.stderr
    assert place.json("new", "twice", "--force")["rule"] == "twice.js"
    assert (place.folder / "twice.js").read_text() != "mine"
