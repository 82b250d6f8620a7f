from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rulemint_cli.rules.deployment_plan import Deployment, Wanted, wanted_of
from rulemint_cli.rules.deployment_report import deployment_rows
from rulemint_cli.rules.rule_options import RuleOptions
from rulemint_cli.terminal.errors import UsageError

EXISTING = {"name": "my-rule", "version": 3, "script": "a\nb\n", "language": "python", "allow_hosts": []}


def a_deployment(existing: dict[str, Any] | None, changes: dict[str, Any], **secrets: str) -> Deployment:
    wanted = Wanted(name="my-rule", fields=changes, secrets=secrets)
    return Deployment(wanted=wanted, existing=existing, etag=None, changes=changes, known_secrets=["OLD"])


def rows_of(deployment: Deployment) -> list[str]:
    return [row.plain for row in deployment_rows(deployment)]


def test_the_options_become_fields_as_the_system_stores_them(tmp_path: Path) -> None:
    file = tmp_path / "My rule.v2.js"
    file.write_text("text")
    options = RuleOptions(secret=["K=a=b"], dep=["axios@1"], allow_host=["API.example.com", "api.example.com:443"])
    assert wanted_of(file, options) == Wanted(
        name="My-rule-v2",
        fields={
            "script": "text",
            "language": "javascript",
            "dependencies": {"axios": "1"},
            "allow_hosts": ["api.example.com"],
        },
        secrets={"K": "a=b"},
    )


def test_what_no_option_names_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "rule.py"
    file.write_text("text")
    assert wanted_of(file, RuleOptions(name="other")).fields == {"script": "text", "language": "python"}


def test_a_host_that_is_none_is_a_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "rule.py"
    file.write_text("text")
    with pytest.raises(UsageError, match="--allow-host"):
        wanted_of(file, RuleOptions(allow_host=["10.0.0.1"]))


def test_nothing_to_do_is_no_deployment_but_a_new_rule_or_a_secret_is_one() -> None:
    assert not a_deployment(EXISTING, {}).is_needed
    assert a_deployment(None, {}).is_needed
    assert a_deployment(EXISTING, {}, KEY="v").is_needed
    assert a_deployment(EXISTING, {"script": "x"}).is_needed


def test_the_diff_shows_lines_fields_and_the_names_of_secrets() -> None:
    changes = {"script": "a\nc\n", "allow_hosts": ["api.example.com"]}
    assert rows_of(a_deployment(EXISTING, changes, OLD="hunter22", NEW="hunter22")) == [
        "--- my-rule@3",
        "+++ my-rule",
        "@@ -1,2 +1,2 @@",
        " a",
        "-b",
        "+c",
        "allow_hosts: (none) → api.example.com",
        "secret OLD: replaced",
        "secret NEW: new",
    ]


def test_a_script_cannot_drive_the_terminal_through_its_diff() -> None:
    rows = rows_of(a_deployment(EXISTING, {"script": "a\n\x1b[2J\tx\r\n"}))
    assert all(row.isprintable() for row in rows)
