"""The hostile rules as data: what is run where, and what must never be run without a layer."""

from __future__ import annotations

import pytest

from fixtures.hostile_rules import Case, all_cases, representative
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
