"""The hostile rules as data: what is run where, and what must never be run without a layer."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.hostile_rules import Case, all_cases, read_case, representative
from fixtures.layer_table import MUTANTS
from fixtures.mutants import GROUPS

CASES = all_cases()
IN_BOTH_LANGUAGES = "ABCEFGHIJKM"
ONLY_IN_JAVASCRIPT = "L"
HARMS_THE_MACHINE = (
    "fork(",
    ".kill(",
    "killpg",
    "chmod",
    "169.254",
    "getaddrinfo",
    "resolveDns",
    "new Worker",
    "reboot",
)


def id_of(case: Case) -> str:
    return f"{case.language} {case.title}"


@pytest.mark.parametrize("group", IN_BOTH_LANGUAGES + ONLY_IN_JAVASCRIPT)
def test_every_leg_has_something_of_every_group(group: str) -> None:
    languages = {case.language for case in representative(CASES) if case.group == group}
    assert languages == ({"javascript"} if group in ONLY_IN_JAVASCRIPT else {"javascript", "python"})


@pytest.mark.parametrize("case", [case for case in CASES if case.group in GROUPS], ids=id_of)
def test_what_harms_the_machine_when_it_succeeds_says_so(case: Case) -> None:
    if any(call in case.script for call in HARMS_THE_MACHINE):
        assert case.expected.dangerous


@pytest.mark.parametrize("case", [case for case in CASES if case.expected.dangerous], ids=id_of)
def test_a_dangerous_rule_is_never_run_without_a_layer(case: Case) -> None:
    assert not [name for name, mutant in MUTANTS.items() if mutant.missing and mutant.may_run(case)]


def test_the_text_below_the_expectation_is_the_rule(tmp_path: Path) -> None:
    file = tmp_path / "does_harm.py"
    file.write_text('# case = "A1"\n# outcomes = ["granted"]\n# ---\n# ---\nwhile True:\n    pass\n')
    case = read_case(file)
    assert (case.title, case.expected.outcomes) == ("does harm", ["granted"])
    assert case.script == "# ---\nwhile True:\n    pass\n"


@pytest.mark.parametrize(
    "text",
    [
        "while True:\n    pass\n",
        '# case = "A1"\n# outcomes = ["granted"]\nwhile True:\n    pass\n# ---\n',
        "# case =\n# ---\n",
        '# case = "A1"\n# ---\n',
        '# case = "A1"\n# outcomes = ["granted"]\n# surprise = 1\n# ---\n',
    ],
    ids=["no expectation", "the rule before the end of it", "not TOML", "a field is missing", "an unknown field"],
)
def test_a_file_without_an_expectation_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "does_harm.py"
    file.write_text(text)
    with pytest.raises(ValueError, match="does_harm"):
        read_case(file)
