from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.processes import ROOT
from rulemint_cli.cases.reading import read_cases
from rulemint_cli.rules.templates import TEMPLATES, languages_of, list_of_templates, write_rule
from rulemint_cli.terminal.errors import CommandError, UsageError
from rulemint_shared.contract.records import Language

NO_TEMPLATES = {"seed", "greeter"}
"""The rules of the first steps."""


def test_every_example_is_a_template() -> None:
    stems = {file.name.partition(".")[0] for file in (ROOT / "examples/rules").iterdir()}
    assert stems - NO_TEMPLATES == set(TEMPLATES)
    assert {language for name in TEMPLATES for language in languages_of(name)} == set(Language)
    assert all(line.endswith(")") for line in list_of_templates().splitlines())


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_rule_has_cases_that_name_no_other_file(tmp_path: Path, template: str) -> None:
    for language in languages_of(template):
        written = write_rule("my-rule", template, language, folder=tmp_path / language, force=False)
        assert written.rule.is_file()
        assert read_cases(written.cases).content.cases
        text = written.cases.read_text()
        assert not [suffix for suffix in (".js", ".ts", ".py") if f"{template}{suffix}" in text]


def test_nothing_is_overwritten_unless_it_must_be(tmp_path: Path) -> None:
    (tmp_path / "mine.cases.yaml").write_text("mine")
    with pytest.raises(CommandError, match=r"mine\.cases\.yaml is there already"):
        write_rule("mine", None, None, folder=tmp_path, force=False)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.cases.yaml"]
    write_rule("mine", None, None, folder=tmp_path, force=True)
    assert (tmp_path / "mine.cases.yaml").read_text() != "mine"


@pytest.mark.parametrize(
    ("language", "suffix"), [(None, ".js"), (Language.PYTHON, ".py"), (Language.TYPESCRIPT, ".ts")]
)
def test_without_a_template_the_first_of_the_language_is_taken(
    tmp_path: Path, language: Language | None, suffix: str
) -> None:
    assert write_rule("mine", None, language, folder=tmp_path, force=False).rule.suffix == suffix


@pytest.mark.parametrize(
    ("name", "template", "language", "said"),
    [
        ("mine", "nothing", None, "there is no template nothing: there are plan, deny, "),
        ("mine", "hasura", Language.PYTHON, "the template hasura is there in javascript, not in python"),
        ("mine.js", None, None, "mine.js is no name of a rule: take letters, "),
        ("../mine", None, None, "../mine is no name of a rule"),
        ("m" * 101, None, None, "is no name of a rule"),
    ],
)
def test_a_wrong_wish_is_a_wrong_use(
    tmp_path: Path, name: str, template: str | None, language: Language | None, said: str
) -> None:
    with pytest.raises(UsageError) as error:
        write_rule(name, template, language, folder=tmp_path, force=False)
    assert said in str(error.value)
    assert list(tmp_path.iterdir()) == []
