"""Run a rule in a test, without a sandbox and without a network, held to what a host and the gateway hold it to.

    from rulemint.testing import run_rule

    def test_gold_clients_get_their_limit():
        result = run_rule("plan.py", client={"metadata": {"plan": "gold"}}, scope=["read"])
        assert result.claims == {"limit": 1000}

docs/testing-rules.md has more.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from rulemint._channel import CHANNEL, Run
from rulemint._contract import invocation
from rulemint._contract.bounds import MAX_RESULT_BYTES
from rulemint._contract.rule import answer_of
from rulemint._egress import Answers, Calls, Request
from rulemint._inputs import AUDIENCE, Inputs, inputs_of
from rulemint._interpreting import failed_result, result_of
from rulemint._loading import AnyRule, LoadedRule, RecordingRule, RuleNotLoadedError
from rulemint._log import Log
from rulemint._state import Document
from rulemint._world import rule_world
from rulemint.results import Call, Failed, LeftOut, LogLine, Refused, RuleResult

__all__ = [
    "Call",
    "Failed",
    "LeftOut",
    "LoadedRule",
    "LogLine",
    "Refused",
    "Request",
    "RuleNotLoadedError",
    "RuleResult",
    "load_rule",
    "run_rule",
]

T = TypeVar("T")
_numbers = itertools.count(1)
_one_at_a_time = threading.RLock()


def load_rule(rule: AnyRule) -> LoadedRule:
    """Load *rule* once, for several runs that share its module, as the invocations of a host do.

    Raises:
        RuleNotLoadedError: a host could not load it.
        OSError: the file cannot be read.
    """
    return LoadedRule(rule)


def run_rule(
    rule: AnyRule | LoadedRule,
    *,
    client: Mapping[str, Any] | str | None = None,
    scope: Sequence[str] = (),
    audience: str = AUDIENCE,
    secrets: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
    ip: str = "127.0.0.1",
    user_agent: str = "",
    hostname: str = "",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    claims: Mapping[str, Any] | None = None,
    grant_scope: Sequence[str] | None = None,
    enforce_grant_scopes: bool = False,
    allow_hosts: Sequence[str] | None = None,
    fetch: Answers | None = None,
    storage: Any = None,
    result_bytes: int = MAX_RESULT_BYTES,
) -> RuleResult:
    """Run *rule* once, as for a token request of *client* for *audience* and *scope*.

    Args:
        rule: its path, its text, its function, or what `load_rule` gave.
        client: ``{"id": …, "name": …, "metadata": {…}}``; what is left out is that of a test client. Or its id.
        scope: the scopes about to be granted.
        audience: the identifier of the API.
        secrets: the rule's secrets, by name.
        metadata: the metadata of the client, where nothing else of it matters.
        ip: of the caller, as ``user_agent``, ``hostname``, ``headers`` and ``query`` are of its request.
        user_agent: see ``ip``.
        hostname: see ``ip``.
        headers: see ``ip``.
        query: see ``ip``.
        body: the parameters of the token request; without it, what a client sends that asks for this.
        claims: what the rules before this one have set.
        grant_scope: the scopes of the client grant; without it, the ones in ``scope``.
        enforce_grant_scopes: whether the API allows no scope beyond ``grant_scope``.
        allow_hosts: the hosts that the rule may call; without it, those that ``fetch`` answers.
        fetch: the answers to the rule's calls: by URL, or a function of a `Request`.
        storage: the document that the rule has stored before.
        result_bytes: the limit of the rule's result.

    Raises:
        ValueError: an input is not as a gateway would have it.
        OSError: the file cannot be read.
    """
    request = {
        "audience": audience,
        "ip": ip,
        "user_agent": user_agent,
        "hostname": hostname,
        "headers": headers,
        "query": query,
        "body": body,
    }
    inputs = inputs_of(
        client=client,
        metadata=metadata,
        scope=scope,
        grant_scope=grant_scope,
        enforce_grant_scopes=enforce_grant_scopes,
        secrets=secrets,
        claims=claims,
        request=request,
    )
    allowed = None if allow_hosts is None else tuple(allow_hosts)
    run = Run(Log(inputs.secrets.values()), Calls(fetch, allowed), Document(storage))
    with _one_at_a_time:
        return _outside_of_a_loop(lambda: _result(rule, inputs, run, result_bytes))


def _result(rule: AnyRule | LoadedRule, inputs: Inputs, run: Run, result_bytes: int) -> RuleResult:
    """Load and run *rule* with its lines and calls going to *run*."""
    CHANNEL.run = run
    try:
        with rule_world() as end_lines:
            try:
                loaded = rule if isinstance(rule, LoadedRule) else LoadedRule(rule)
            except RuleNotLoadedError as error:
                end_lines()
                return failed_result(error.failed, run, error.__cause__)
            host = loaded.with_inputs(inputs.load_frame(result_bytes))
            with loaded.named():
                answer = copy_context().run(_answer, host, inputs.run)
            end_lines()
    finally:
        CHANNEL.run = None
    if run.calls.wrong is not None:
        raise run.calls.wrong
    if isinstance(host.exception, KeyboardInterrupt):
        raise host.exception
    return result_of(answer, inputs, run, loaded, host.exception)


def _answer(host: RecordingRule, frame: dict[str, Any]) -> dict[str, Any]:
    """The answer to one invocation, with what the rule refused or forgot where nobody looked."""
    running = invocation.begin(next(_numbers))
    try:
        given = host.answer(frame)
        gc.collect(1)  # tells of coroutines that nobody has awaited
        answer: dict[str, Any] = answer_of(given, running)
        return answer
    finally:
        running.is_over = True
        invocation._running = invocation.LOADING  # noqa: SLF001  # a host never ends its last one


def _outside_of_a_loop(work: Callable[[], T]) -> T:
    """Do *work* where an async rule can have a loop of its own, also in a test that runs in one."""
    if asyncio._get_running_loop() is None:  # noqa: SLF001  # the other one raises, which an error of the rule would show
        return work()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(copy_context().run, work).result()
