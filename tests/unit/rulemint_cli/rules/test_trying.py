from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rulemint_cli.rules.trying import Options, body_of
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.contract.records import Language


def test_the_command_line_becomes_the_body() -> None:
    options = Options(
        audience="https://api/",
        scope=["read write", "extra"],
        secrets=["KEY=a=b", "EMPTY="],
        dependencies=["axios@1", "@scope/name@^2.0", "@scope/other", "lodash"],
        allow_hosts=["api.example.com"],
        limits=["timeout_s=1.5", "memory_mb=128"],
        ip="192.0.2.1",
        user_agent="curl",
        body='{"org": "acme"}',
    )
    assert body_of(Path("a folder/my rule.v2.js"), "text", options) == {
        "name": "my-rule-v2",
        "script": "text",
        "language": Language.JAVASCRIPT,
        "audience": "https://api/",
        "scope": ["read", "write", "extra"],
        "secrets": {"KEY": "a=b", "EMPTY": ""},
        "dependencies": {"axios": "1", "@scope/name": "^2.0", "@scope/other": "*", "lodash": "*"},
        "allow_hosts": ["api.example.com"],
        "limits": {"timeout_s": 1.5, "memory_mb": 128},
        "context": {"ip": "192.0.2.1", "userAgent": "curl", "body": {"org": "acme"}},
    }


def test_what_is_not_asked_for_is_left_to_the_client_s_grant() -> None:
    body = body_of(Path("rule.py"), "text", Options())
    assert not {"audience", "scope", "context", "limits"} & set(body)


@pytest.mark.parametrize(
    ("name", "language"),
    [("a.js", "javascript"), ("a.CJS", "javascript"), ("a.mjs", "javascript"), ("a.ts", "typescript"),
     ("a.py", "python")],
)  # fmt: skip
def test_the_suffix_says_what_language_it_is(name: str, language: str) -> None:
    assert body_of(Path(name), "text", Options())["language"] == language


def test_what_is_said_of_the_language_wins_over_the_suffix() -> None:
    options = Options(language=Language.TYPESCRIPT)
    assert body_of(Path("rule.js"), "text", options)["language"] == "typescript"


@pytest.mark.parametrize("name", ["_.js", "规则.js", "---.js"], ids=["underscore", "another script", "dashes"])
def test_a_file_whose_name_no_rule_may_have_is_called_rule(name: str) -> None:
    assert body_of(Path(name), "text", Options())["name"] == "rule"


@pytest.mark.parametrize(
    "options",
    [{"body": "org=acme"}, {"body": "[1]"}, {"limits": ["timeout_s"]}, {"limits": ["timeout_s=soon"]}],
)
def test_a_malformed_option_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^--(body|limit)"):
        body_of(Path("rule.js"), "text", Options(**options))


def test_a_malformed_secret_is_not_repeated() -> None:
    with pytest.raises(UsageError) as refused:
        body_of(Path("rule.js"), "text", Options(secrets=["=hunter22"]))
    assert "hunter22" not in str(refused.value)
