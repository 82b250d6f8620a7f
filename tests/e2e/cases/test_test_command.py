"""``rulemint test`` against a running system."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fixtures.processes import ROOT
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(180)

PLAN = ROOT / "examples/rules/plan.js"
RULE = """module.exports = function (client, scope, audience, context, cb) {
  console.log('from', context.ip, context.webtask.headers['x-one'], context.webtask.query.q, audience);
  if (client.metadata.plan === 'none') return cb(new Error('no plan'));
  cb(null, { scope, 'https://x/client': client.id, 'https://x/key': context.webtask.secrets.KEY,
    'https://x/body': context.body });
};
"""
GREEN = """
defaults:
  audience: https://orders/
  secrets: {KEY: one}
cases:
  - name: all inputs arrive
    client: {id: acme, name: Acme}
    scope: [read]
    ip: 192.0.2.1
    headers: {X-One: "1"}
    query: {q: two}
    body: {org: acme}
    expect:
      claims: {"https://x/client": acme, "https://x/key": one, "https://x/body": {org: acme}}
      scope: [read]
      log: [{message: from 192.0.2.1 1 two https://orders/, level: info}]
  - name: it says no
    client: {metadata: {plan: none}}
    expect:
      refused: {error: access_denied, description: no plan}
"""
RED = """
cases:
  - name: this holds
    expect: {claims_include: {"https://x/client": test-client}}
  - name: this does not
    expect: {claims_include: {"https://x/client": acme, "https://x/plan": gold}, scope: [read]}
"""


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    file = tmp_path / "rule.js"
    file.write_text(RULE)
    return file


def test_green_cases_end_with_0_and_a_table(workplace: Workplace) -> None:
    (workplace.folder / "green.js").write_text(RULE)
    (workplace.folder / "green.cases.yaml").write_text(GREEN)
    done = workplace.rulemint("test", "green.js")
    assert (done.returncode, done.stderr) == (0, "")
    rows = done.stdout.splitlines()
    assert rows[0].split() == ["case", "result", "time", "first", "difference"]
    assert [row.split(" holds ")[0].strip() for row in rows[1:-1]] == ["all inputs arrive", "it says no"]
    assert rows[-1] == "2 of 2 cases hold"


def test_a_red_case_ends_with_1_its_first_difference_and_a_report_for_ci(workplace: Workplace, rule: Path) -> None:
    cases, report = rule.with_name("red.yaml"), rule.with_name("report.xml")
    cases.write_text(RED)
    options = [str(rule), str(PLAN), "--cases", str(cases), "--junit", str(report)]
    done = workplace.rulemint("test", *options)
    assert done.returncode == 1
    assert 'claims.https://x/client: expected "acme", got "test-client" (and 2 more)' in done.stdout
    assert done.stdout.splitlines()[-1] == "1 of 4 cases hold"
    suites = ET.fromstring(report.read_text()).findall("testsuite")  # noqa: S314  # our own file
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in suites] == [
        (str(rule), "2", "1"),
        (str(PLAN), "2", "2"),
    ]
    failure = suites[0].findall("testcase/failure")[0]
    assert (failure.text or "").splitlines()[1:] == [
        'claims.https://x/plan: expected "gold", got none',
        "scope: expected read, got none",
    ]


def test_a_report_holds_what_ran_and_says_why_there_is_no_more(workplace: Workplace, rule: Path) -> None:
    rule.with_name("rule.cases.yaml").write_text("cases:\n  - {name: one, client: nobody, expect: {claims: {}}}\n")
    report = rule.with_name("report.xml")
    assert workplace.rulemint("test", str(PLAN), str(rule), "--junit", str(report)).returncode == 2
    root = ET.fromstring(report.read_text())  # noqa: S314  # our own file
    assert (root.get("failures"), root.get("errors")) == ("0", "1")
    assert int(root.get("tests") or 0) > 1
    assert "there is no client nobody" in (root.findall("testsuite/testcase/error")[0].get("message") or "")


@pytest.mark.parametrize("name", ["pl\x01an", os.fsdecode(b"pl\xffan")])
def test_a_file_s_name_never_breaks_the_answer_or_the_report(workplace: Workplace, tmp_path: Path, name: str) -> None:
    rule, report = tmp_path / f"{name}.js", tmp_path / "report.xml"
    rule.write_text(RULE)
    (tmp_path / f"{name}.cases.yaml").write_text(GREEN)
    done = workplace.rulemint("test", str(rule), "--json", "--junit", str(report))
    assert (done.returncode, json.loads(done.stdout)["held"]) == (0, 2), done.stderr
    assert ET.fromstring(report.read_text()).get("tests") == "2"  # noqa: S314  # our own file


def test_programs_get_every_difference(workplace: Workplace, rule: Path) -> None:
    rule.with_name("rule.cases.yaml").write_text(RED)
    done = workplace.rulemint("test", str(rule), "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["held"], answer["failed"]) == (1, 1, 1)
    (result,) = answer["results"]
    held, differs = result["cases"]
    assert (held["holds"], held["differences"], held["outcome"]) == (True, [], "granted")
    assert (differs["case"], len(differs["differences"])) == ("this does not", 3)


def test_the_client_may_be_one_of_the_tenant_or_given_as_json(workplace: Workplace, rule: Path) -> None:
    cases = rule.with_name("rule.cases.yaml")
    cases.write_text('cases: [{name: one, expect: {claims_include: {"https://x/client": acme}}}]')
    assert workplace.rulemint("test", str(rule), "--client", '{"id": "acme"}').returncode == 0
    assert workplace.rulemint("test", str(rule)).returncode == 1
    named = 'cases: [{name: one, client: Demo client, expect: {claims_include: {"https://x/client": demo-client}}}]'
    cases.write_text(named)
    assert workplace.rulemint("test", str(rule)).returncode == 0


def test_secrets_of_the_command_line_replace_those_of_the_cases(workplace: Workplace, rule: Path) -> None:
    cases = 'defaults: {secrets: {KEY: one}}\ncases: [{name: one, expect: {claims_include: {"https://x/key": two}}}]'
    rule.with_name("rule.cases.yaml").write_text(cases)
    assert workplace.rulemint("test", str(rule), "--secret", "KEY=two").returncode == 0


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        pytest.param("cases:\n  - name: one\n    expect:\n      claim: {}\n",
                     ":4: cases[0].expect.claim: there is no such field: there are claims, ", id="an unknown field"),
        pytest.param("cases:\n  - name: one\n    client: nobody\n    expect: {claims: {}}\n",
                     ":3: cases[0].client: there is no client nobody: ", id="a client that there is not"),
        pytest.param("defaults:\n  client:\n    id: 'a b'\ncases:\n  - name: one\n    expect: {claims: {}}\n",
                     ":3: defaults.client.id: ", id="a default that the system refuses"),
        pytest.param("rule:\n  allow_hosts: [127.0.0.1]\ncases:\n  - name: one\n    expect: {claims: {}}\n",
                     ":2: rule.allow_hosts: ", id="a host that the system refuses"),
    ],
)  # fmt: skip
def test_a_wrong_file_ends_with_2_and_the_line(workplace: Workplace, rule: Path, cases: str, said: str) -> None:
    file = rule.with_name("rule.cases.yaml")
    file.write_text(cases)
    done = workplace.rulemint("test", str(rule))
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"rulemint: {file}{said}")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--client", '{"plan": 1}'], "--client: "),
        (["--secret", "KEY"], "--secret KEY: write it as NAME=VALUE"),
        (["--limit", "timeout_s=soon"], "--limit timeout_s=soon: write it as NAME=NUMBER"),
        (["--cases", "nowhere.yaml"], "nowhere.yaml"),
        (
            ["--cases", str(PLAN.with_suffix(".cases.yaml")), "--junit", "nowhere/report.xml"],
            "the folder nowhere is missing",
        ),
        ([], "rule.js has no cases: write "),
    ],
)
def test_a_wrong_option_ends_with_2(workplace: Workplace, rule: Path, options: list[str], said: str) -> None:
    done = workplace.rulemint("test", str(rule), *options)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_a_rule_that_fails_is_a_difference_and_not_an_error(workplace: Workplace, rule: Path) -> None:
    rule.write_text("module.exports = (client) => {\n  client.plans.gold;\n};\n")
    cases = "cases:\n  - {name: one, expect: {claims: {}}}\n  - {name: two, expect: {failed: {message: TypeError}}}\n"
    rule.with_name("rule.cases.yaml").write_text(cases)
    done = workplace.rulemint("test", str(rule))
    assert done.returncode == 1
    assert "a grant is expected, but it failed by exception: TypeError: " in done.stdout
    assert done.stdout.splitlines()[-1] == "1 of 2 cases hold"
