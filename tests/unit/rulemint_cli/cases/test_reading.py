from __future__ import annotations

from pathlib import Path

import pytest

from rulemint_cli.cases.reading import MAX_FILE_BYTES, file_of_cases, read_cases
from rulemint_cli.terminal.errors import UsageError

HEAD = "cases:\n  - name: one\n"
EXPECT = "    expect: {claims: {}}\n"


def refused(folder: Path, text: str) -> str:
    file = folder / "plan.cases.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as error:
        read_cases(file)
    assert error.value.exit_code == 2
    return str(error.value).removeprefix(f"{file}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(f"{HEAD}    expect:\n      claim: 1\n",
                     ":4: cases[0].expect.claim: there is no such field: there are claims, claims_include, ",
                     id="an unknown expectation"),
        pytest.param(f"{HEAD}    expects: 1\n{EXPECT}",
                     ":3: cases[0].expects: there is no such field: there are client, ", id="an unknown input"),
        pytest.param("case: []\n", ":1: case: there is no such field: there are cases, defaults, rule", id="a section"),
        pytest.param("- 1\n", ":1: write a mapping, not a list", id="a list"),
        pytest.param("cases: []\n", ":1: cases: write a list of at least 1 entry, not 0", id="no cases"),
        pytest.param(HEAD, ":2: cases[0]: expect is missing", id="no expectation"),
        pytest.param(f"{HEAD}    expect: {{}}\n", ":3: cases[0].expect: it expects nothing: name one of claims, ",
                     id="an empty expectation"),
        pytest.param(f"{HEAD}    expect:\n      refused:\n        error: nope\n",
                     ':5: cases[0].expect.refused.error: "nope" is not one of access_denied, invalid_scope, ',
                     id="an unknown error"),
        pytest.param(f"{HEAD}    expect:\n      failed: {{reason: bored}}\n",
                     ':4: cases[0].expect.failed.reason: "bored" is not one of timeout, ', id="an unknown reason"),
        pytest.param(f"{HEAD}    client: 3\n{EXPECT}",
                     ":3: cases[0].client: write a text or a mapping, not a whole number", id="a client"),
        pytest.param(f"{HEAD}    client:\n      metadata:\n        plan: gold\n        beta: yes\n{EXPECT}",
                     ":6: cases[0].client.metadata.beta: write a text, not true or false", id="metadata"),
        pytest.param(f"defaults:\n  headers:\n    x-one: 1\n{HEAD}{EXPECT}",
                     ":3: defaults.headers.x-one: write a text, not a whole number", id="a default"),
        pytest.param(f"{HEAD}    scope: read\n{EXPECT}",
                     ":3: cases[0].scope: write a list, not a text", id="a scope"),
        pytest.param(f"{HEAD}    expect:\n      calls:\n        - {{status: 99}}\n",
                     ":5: cases[0].expect.calls[0].status: write a whole number that is at least 100", id="a status"),
        pytest.param(f"rule: {{limits: {{timeout_s: 99}}}}\n{HEAD}{EXPECT}",
                     ":1: rule.limits.timeout_s: write a number that is at most 20.0", id="a limit"),
        pytest.param(f"{HEAD}{EXPECT}  - name: one\n{EXPECT}",
                     ":4: cases[1].name: cases[0] has this name too", id="a name twice"),
        pytest.param(f"{HEAD}    name: two\n", ":3: the key name occurs twice", id="a key twice"),
        pytest.param("cases: [\n", ":2: not valid YAML", id="no YAML"),
        pytest.param("", " is empty: rulemint new NAME writes a rule with its cases", id="nothing"),
        pytest.param(f"{HEAD}    expect: {{claims: {{n: {2**70}}}}}\n",
                     ":2: cases[0]: it has an integer of more than 64", id="a huge number"),
        pytest.param(f"{HEAD}    expect: {{claims: {{1: x}}}}\n",
                     ":3: cases[0].expect.claims.1: a name must be a text", id="a name that is a number"),
        pytest.param(f"{HEAD}    expect: {{claims: {{n: .nan}}}}\n",
                     ":3: cases[0].expect.claims.n: JSON does not have nan", id="a number that JSON does not have"),
        pytest.param(f"{HEAD}    expect: {{claims: {{n: !!binary aGk=}}}}\n",
                     ":3: not valid YAML: JSON has no !!binary: write a text", id="bytes"),
        pytest.param(f"defaults:\n  ip: x\n  headers: {{'': x}}\n{HEAD}{EXPECT}",
                     ":3: defaults.headers: one of its names is wrong: write a text of at least 1 character",
                     id="a name without a character"),
        pytest.param("#" * (MAX_FILE_BYTES + 1), " is larger than 1048576 bytes", id="a huge file"),
    ],
)  # fmt: skip
def test_an_error_names_the_file_the_line_the_field_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_a_file_of_json_is_yaml_too(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    file.write_text('{"cases": [{"name": "one", "client": "robot", "expect": {"scope": ["read"]}}]}')
    (case,) = read_cases(file).content.cases
    assert (case.name, case.client, case.expect.scope) == ("one", "robot", ["read"])


def test_the_cases_of_a_rule_are_next_to_it(tmp_path: Path) -> None:
    (tmp_path / "plan.cases.yaml").touch()
    assert file_of_cases(tmp_path / "plan.js") == tmp_path / "plan.cases.yaml"
    with pytest.raises(UsageError, match=r"other\.py has no cases: write .*other\.cases\.yaml, or name another file"):
        file_of_cases(tmp_path / "other.py")
