"""A host program spells its bounds itself, for it shares no file with the runner. Here they are held to be the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from rulemint_runner.egress import messages as egress
from rulemint_runner.egress import urls
from rulemint_runner.flow import invocation_log
from rulemint_runner.hosts.wire import frames
from rulemint_shared import scopes
from rulemint_shared.contract import messages, rule_state

PROGRAMS = Path(__file__).parents[4] / "rule-runner/rulemint_runner/host_programs"
Bounds = dict[str, tuple[str, str, int]]
"""What is bounded → file and constant of a host program, and the runner's bound."""

BOTH: Bounds = {
    "line": ("capture", "MAX_LINE_CHARACTERS", frames.MAX_LINE_CHARACTERS),
    "packet": ("channel", "USUAL_BYTES", frames.MAX_PACKET_BYTES),
    "document": ("storage", "MAX_BYTES", rule_state.MAX_DOCUMENT_BYTES),
}
PYTHON: Bounds = {
    **BOTH,
    "text": ("descriptions", "MAX_TEXT", messages.MAX_DETAIL),
    "body": ("calls", "MAX_BODY_BYTES", egress.MAX_BODY_BYTES),
    "url": ("calls", "MAX_URL_CHARACTERS", urls.MAX_URL_CHARACTERS),
    "headers": ("calls", "MAX_HEADERS", egress.MAX_HEADERS),
}
JAVASCRIPT: Bounds = {
    **BOTH,
    "text": ("answers", "MAX_TEXT", messages.MAX_DETAIL),
    "body": ("fetch", "MAX_BODY_BYTES", egress.MAX_BODY_BYTES),
    "url": ("fetch", "MAX_URL_CHARACTERS", urls.MAX_URL_CHARACTERS),
    "headers": ("fetch", "MAX_HEADERS", egress.MAX_HEADERS),
    "cache records": ("cache", "MAX_ENTRIES", rule_state.MAX_CACHE_RECORDS),
    "cache key": ("cache", "MAX_KEY_BYTES", rule_state.MAX_CACHE_KEY_BYTES),
    "cache value": ("cache", "MAX_VALUE_BYTES", rule_state.MAX_CACHE_VALUE_BYTES),
    "cache": ("cache", "MAX_TOTAL_BYTES", rule_state.MAX_CACHE_BYTES),
    "cache age": ("cache", "MAX_TTL_MS", rule_state.MAX_CACHE_TTL_MS),
}


def said_in(path: Path, name: str) -> int:
    """The value of the constant *name*: a product of whole numbers."""
    (text,) = re.findall(rf"^(?:export const |const )?{name} = ([0-9_ *]+);?$", path.read_text(), re.MULTILINE)
    value = 1
    for factor in text.split("*"):
        value *= ast.literal_eval(factor.strip())
    return value


@pytest.mark.parametrize("bound", PYTHON)
def test_a_python_host_keeps_to_the_runner_s_bound(bound: str) -> None:
    file, name, expected = PYTHON[bound]
    assert said_in(PROGRAMS / f"python/{file}.py", name) == expected


@pytest.mark.parametrize("bound", JAVASCRIPT)
def test_a_javascript_host_keeps_to_the_runner_s_bound(bound: str) -> None:
    file, name, expected = JAVASCRIPT[bound]
    assert said_in(PROGRAMS / f"deno/{file}.js", name) == expected


def test_the_runner_s_parts_agree() -> None:
    assert frames.MAX_BODY_BYTES == egress.MAX_BODY_BYTES
    assert invocation_log.MAX_LINE_CHARACTERS == frames.MAX_LINE_CHARACTERS


def test_an_action_takes_the_scopes_that_a_token_takes() -> None:
    text = (PROGRAMS / "deno/action.js").read_text()
    assert f"const SCOPE = /^{scopes.SCOPE_CHARACTER}{{1,{scopes.MAX_SCOPE_CHARACTERS}}}$/;" in text
