"""``rulemint try`` against a running system."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fixtures.processes import ROOT
from fixtures.system import System
from fixtures.workplace import Done, Workplace

pytestmark = pytest.mark.timeout(120)

SEED = ROOT / "examples/rules/seed.js"


def run_try(system: System, *arguments: str) -> Done:
    place = Workplace(system.data_dir, 0, 0)
    return place.rulemint("try", *arguments, "--url", system.url, RULEMINT_DATA_DIR=str(system.data_dir))


def test_a_rule_that_grants_shows_what_a_token_would_get(demo_system: System) -> None:
    done = run_try(demo_system, str(SEED), "--client", "demo-client")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("■ granted")
    assert "  scope  test extra" in done.stdout
    assert '  https://foo.com/claim  "bar"' in done.stdout


def test_the_options_are_what_the_rule_sees(demo_system: System, tmp_path: Path) -> None:
    rule = tmp_path / "rule.py"
    rule.write_text(
        "def rule(client, scope, audience, context):\n"
        "    print('the key is', context['webtask']['secrets']['KEY'])\n"
        "    return {'audience': audience, 'given': scope}\n"
    )
    options = ["--audience", "https://other/", "--scope", "a b", "--secret", "KEY=hunter22"]
    done = run_try(demo_system, str(rule), "--client", "demo-client", *options, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["claims"] == {"audience": "https://other/", "given": ["a", "b"]}
    assert [line["message"] for line in answer["lines"]] == ["the key is ***"]


def test_the_token_request_can_be_given(demo_system: System, tmp_path: Path) -> None:
    rule = tmp_path / "rule.mjs"
    rule.write_text("export default ({ context: { ip, userAgent, body } }) => ({ seen: [ip, userAgent, body] });")
    options = ["--ip", "192.0.2.1", "--user-agent", "curl", "--body", '{"org": ["acme"]}', "--json"]
    done = run_try(demo_system, str(rule), "--client", "demo-client", *options)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["claims"] == {"seen": ["192.0.2.1", "curl", {"org": ["acme"]}]}


def test_limits_hold_and_a_limit_that_there_is_not_is_refused(demo_system: System, tmp_path: Path) -> None:
    rule = tmp_path / "rule.js"
    rule.write_text("module.exports = () => { for (;;) {} };")
    looped = run_try(demo_system, str(rule), "--client", "demo-client", "--limit", "timeout_s=0.2")
    assert looped.stdout.startswith("■ failed:timeout")
    unknown = run_try(demo_system, str(rule), "--client", "demo-client", "--limit", "patience=1")
    assert unknown.returncode == 2
    assert "--limit patience=1: there is no such limit" in unknown.stderr


def test_an_error_shows_the_line_of_the_file_with_a_caret(demo_system: System, tmp_path: Path) -> None:
    rule = tmp_path / "my rule.js"
    rule.write_text("module.exports = (client) => {\n  null.x\n}\n")
    done = run_try(demo_system, str(rule), "--client", "demo-client")
    assert done.returncode == 1
    rows = done.stdout.splitlines()
    assert rows[0].startswith("■ failed:exception")
    assert rows[1].startswith(f"  {rule}:2:8  TypeError: ")
    assert rows[2:4] == ["     2 │   null.x", "       │        ^"]


def test_a_refusal_is_a_failure_and_so_is_an_unknown_client(demo_system: System, tmp_path: Path) -> None:
    rule = tmp_path / "rule.js"
    rule.write_text("module.exports = (c, s, a, x, cb) => cb(new Error('not today'));")
    denied = run_try(demo_system, str(rule), "--client", "demo-client")
    assert (denied.returncode, denied.stdout.splitlines()[1]) == (1, "  access_denied  not today")
    unknown = run_try(demo_system, str(rule), "--client", "nobody")
    assert unknown.returncode == 1
    assert unknown.stderr == "rulemint: there is no client nobody: rulemint clients list shows all\n"
