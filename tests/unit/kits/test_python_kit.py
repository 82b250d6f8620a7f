"""The kit for Python as its users meet it: what it takes, what it says, and that the process stays as it was."""

from __future__ import annotations

import builtins
import logging
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from rulemint import AccessDenied, fetch
from rulemint.testing import LogLine, Request, RuleNotLoadedError, load_rule, run_rule

URL = "https://plans.example.com/acme"
CALLS = f"from rulemint import fetch\ndef rule(client, scope, audience, context):\n    return fetch('{URL}').json()\n"


def rule(client: Any, scope: Any, _audience: str, _context: Any) -> dict[str, Any]:
    """A rule in a module of an author's own."""
    print("for", client["id"])
    if client["metadata"].get("plan") == "none":
        raise AccessDenied("no plan")
    return {"scope": [*scope, "extra"], "plan": client["metadata"].get("plan"), "sub": "me"}


def test_a_function_runs_and_says_what_it_changed() -> None:
    result = run_rule(rule, client={"id": "acme", "metadata": {"plan": "gold"}}, scope=["read"])
    assert result.granted
    assert result.claims == {"plan": "gold"}
    assert (result.scope, result.scope_added, result.scope_removed) == (["read", "extra"], ["extra"], [])
    assert result.left_out == [("sub", "the name is reserved")]
    assert result.log == [LogLine("info", "for acme"), LogLine("warn", "left out sub: the name is reserved")]


def test_a_refusal_has_the_words_of_the_caller_s_answer() -> None:
    result = run_rule(rule, metadata={"plan": "none"})
    assert result.outcome == "denied"
    assert result.refused == ("access_denied", "no plan")
    assert isinstance(result.exception, AccessDenied)


def test_a_path_is_named_as_in_a_tenant_s_log(tmp_path: Path) -> None:
    path = tmp_path / "plan.py"
    path.write_text("def rule(client, scope, audience, context):\n    return client['nope']\n")
    result = run_rule(path)
    assert result.failed == ("exception", "plan.py:2:12: KeyError: 'nope'")
    assert result.exception is not None
    assert result.exception.__traceback__ is not None


def test_a_rule_that_does_not_load_fails_as_it_would_be_refused_when_it_is_stored() -> None:
    text = "def rule(client:\n    pass\n"
    assert run_rule(text).outcome == "failed:syntax"
    with pytest.raises(RuleNotLoadedError, match=r"rule\.py:1:9: SyntaxError"):
        load_rule(text)


def test_a_rule_in_another_language_is_told_which_kit_tests_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="kit for JavaScript"):
        run_rule(tmp_path / "rule.js")


@pytest.mark.parametrize(
    ("inputs", "named"),
    [
        pytest.param({"client": {"meta": {}}}, "client has no 'meta'", id="a field that there is not"),
        pytest.param({"client": {"metadata": {"n": 1}}}, "client.metadata.n must be a text", id="a number in metadata"),
        pytest.param(
            {"scope": "read write"}, r"scope must be a list of texts: \['read', 'write'\]", id="scope as a text"
        ),
        pytest.param({"scope": ["a b"]}, "scope holds 'a b'", id="two scopes in one"),
        pytest.param({"secrets": {"K": None}}, "secrets.K must be a text", id="a secret that is none"),
        pytest.param({"allow_hosts": ["https://a.example"]}, "leave https:// out", id="an URL in allow_hosts"),
        pytest.param({"storage": {1, 2}}, "storage: the document is no JSON", id="a document that is no JSON"),
        pytest.param({"metadata": {}, "client": {"metadata": {}}}, "give the metadata once", id="metadata twice"),
    ],
)
def test_a_mistake_in_an_input_names_the_field(inputs: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        run_rule(rule, **inputs)


# ---- calls ----


def test_the_test_answers_by_address_and_sees_what_was_asked() -> None:
    result = run_rule(CALLS, fetch={URL: {"plan": "gold"}}, allow_hosts=["plans.example.com"])
    assert result.claims == {"plan": "gold"}
    (call,) = result.calls
    assert (call.method, call.host, call.status) == ("GET", "plans.example.com", 200)


def test_a_function_may_answer() -> None:
    def answer(request: Request) -> dict[str, Any]:
        return {"status": 200, "json": {"method": request.method, "url": request.url}}

    assert run_rule(CALLS, fetch=answer).claims == {"method": "GET", "url": URL}


@pytest.mark.parametrize(
    ("answer", "raised"),
    [(TimeoutError, TimeoutError), (ConnectionRefusedError("down"), ConnectionRefusedError), (OSError("no"), OSError)],
    ids=["timeout", "refused", "another"],
)
def test_a_network_that_fails_is_an_answer_too(answer: Any, raised: type[OSError]) -> None:
    result = run_rule(CALLS, fetch={URL: answer})
    assert result.outcome == "failed:exception"
    assert isinstance(result.exception, raised)
    assert result.calls[0].status is None


def test_an_assertion_in_the_test_s_own_function_fails_the_test_and_not_the_rule() -> None:
    def answer(_request: Request) -> None:
        raise AssertionError("not like that")

    with pytest.raises(AssertionError, match="not like that"):
        run_rule(CALLS, fetch=answer)


def test_a_call_that_nobody_answers_says_how_to_answer_it() -> None:
    result = run_rule(CALLS)
    assert result.failed is not None
    assert f"give run_rule fetch={{'{URL}': …}}" in result.failed.message


def test_a_host_that_is_not_allowed_is_refused_by_the_runner_s_words() -> None:
    result = run_rule(CALLS, fetch={URL: {}}, allow_hosts=["other.example.com"])
    assert "plans.example.com is not listed; list plans.example.com in the rule's allow_hosts" in str(result.failed)


def test_outside_of_a_run_fetch_says_what_runs_rules() -> None:
    with pytest.raises(OSError, match="run_rule"):
        fetch(URL)


# ---- state ----


def test_the_document_is_there_before_and_after() -> None:
    text = (
        "def rule(client, scope, audience, context):\n    s = context['webtask']['storage']\n    s.set(7, force=True)\n"
    )
    result = run_rule(text, storage={"n": 1})
    assert result.storage == 7


# ---- the process ----


def test_the_process_is_as_it_was_afterwards() -> None:
    def state() -> tuple[Any, ...]:
        root = logging.getLogger()
        names = [name for name in ("AccessDenied", "InvalidScope") if hasattr(builtins, name)]
        streams = sys.stdout, sys.stderr, sys.unraisablehook, sys.modules.get("rule"), sys.modules["__main__"]
        return *streams, list(root.handlers), root.level, logging.getLogRecordFactory(), names

    before = state()
    run_rule("import nowhere\n")
    run_rule("def rule(client, scope, audience, context):\n    raise AccessDenied('free name')\n")
    assert state() == before


async def test_an_async_rule_runs_in_an_async_test() -> None:
    async def later(_client: Any, scope: Any, _audience: str, _context: Any) -> dict[str, Any]:
        return {"n": len(scope)}

    assert run_rule(later, scope=["a"]).claims == {"n": 1}


def test_rules_of_several_threads_keep_their_lines_apart() -> None:
    lines: dict[int, list[str]] = {}

    def run(number: int) -> None:
        lines[number] = run_rule(rule, client={"id": f"c{number}"}).messages[:1]

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines == {number: [f"for c{number}"] for number in range(8)}


def test_a_rule_cannot_import_the_kit_by_the_name_of_its_contract() -> None:
    with pytest.raises(ImportError, match=r"from rulemint\.testing import run_rule"):
        exec("from rulemint import run_rule")  # noqa: S102  # a type checker sees it too
