from __future__ import annotations

from typing import cast

import pytest

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pool.rule_queue import LONG_S, MAX_WINDOW, QUICK_MS, SLOW_S, WORTH_MS, RuleQueue
from rulemint_runner.hosts.turn import Turn
from rulemint_shared.contract.records import Language

AUTHORITY = Authority("acme", "rul_1", 1, 0, Language.PYTHON)


def a_host() -> Host:
    return cast("Host", object())


@pytest.mark.parametrize(("took_ms", "quick"), [(0.2, True), (QUICK_MS - 1, True), (QUICK_MS + 1, False), (50, False)])
async def test_a_rule_is_as_quick_as_its_hosts_usually_say(took_ms: float, quick: bool) -> None:
    queue = RuleQueue(AUTHORITY)
    for _ in range(100):
        queue.learn(a_host(), took_ms)
    assert queue.is_quick() is quick


async def test_one_slow_invocation_among_many_changes_nothing() -> None:
    queue = RuleQueue(AUTHORITY)
    for took_ms in (*[0.2] * 20, QUICK_MS * 5, *[0.2] * 20):
        queue.learn(a_host(), took_ms)
        assert queue.is_quick()


async def test_an_invocation_that_is_under_way_for_long_says_so_before_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, clock = RuleQueue(AUTHORITY), [100.0]
    monkeypatch.setattr("rulemint_runner.hosts.pool.rule_queue.monotonic", lambda: clock[0])
    slow, next_one = a_host(), a_host()
    queue.begin(slow)
    clock[0] += 2 * LONG_S
    queue.begin(next_one)
    assert not queue.is_quick()
    queue.end(slow)
    assert queue.is_quick()


def waiting(queue: RuleQueue, count: int) -> None:
    """So many invocations wait for a host of *queue*."""
    queue.waiting.extend([cast("Turn", object())] * count)


async def test_few_who_wait_for_a_quick_rule_need_no_further_host() -> None:
    queue = RuleQueue(AUTHORITY, hosts=1)
    queue.learn(a_host(), 0.2)
    queue.begin(a_host())
    assert not queue.is_crowded()
    waiting(queue, queue.window())
    assert not queue.is_crowded()
    waiting(queue, 1)
    assert queue.is_crowded()


@pytest.mark.parametrize(
    ("took_ms", "window"),
    [(0.01, MAX_WINDOW), (WORTH_MS / 4, 4), (WORTH_MS, 1), (QUICK_MS - 1, 1), (QUICK_MS * 20, 1)],
)
async def test_a_host_is_sent_as_much_at_a_time_as_is_soon_done(took_ms: float, window: int) -> None:
    queue = RuleQueue(AUTHORITY)
    for _ in range(200):
        queue.learn(a_host(), took_ms)
    assert queue.window() in {window, window + 1}


async def test_one_at_a_time_goes_to_hosts_of_a_rule_of_which_nothing_is_known() -> None:
    queue = RuleQueue(AUTHORITY)
    assert queue.window() == 1
    queue.learn(a_host(), 0.1)
    assert queue.window() == MAX_WINDOW


def has_run(queue: RuleQueue, *, asks: bool) -> None:
    """A host of *queue* has run an invocation, in 50 ms if it asks for something."""
    host = a_host()
    queue.begin(host)
    if asks:
        queue.ask(host)
    queue.end(host)
    queue.learn(host, 50 if asks else 0.1)


async def test_one_at_a_time_goes_to_hosts_of_a_rule_that_often_asks_for_something() -> None:
    queue = RuleQueue(AUTHORITY)
    for _ in range(100):
        has_run(queue, asks=False)
    host = a_host()
    queue.begin(host)
    queue.ask(host)
    assert queue.window() == 1  # at once
    queue.learn(host, 50)
    for _ in range(100):
        has_run(queue, asks=True)
        assert queue.window() == 1
        assert not queue.is_quick()


async def test_a_rule_that_rarely_asks_for_something_is_sent_many_at_a_time_nearly_always() -> None:
    queue, windows = RuleQueue(AUTHORITY), []
    for number in range(1_000):
        has_run(queue, asks=number % 100 == 99)
        windows.append(queue.window())
    assert windows.count(MAX_WINDOW) > 900


async def test_a_quick_rule_is_worth_a_further_host_for_each_that_waits_for_what_it_asked() -> None:
    queue = RuleQueue(AUTHORITY)
    asking = [a_host() for _ in range(3)]
    for host in asking:
        queue.begin(host)
        queue.ask(host)
        for _ in range(20):
            has_run(queue, asks=False)
    assert queue.is_quick()
    assert queue.cap(most=32, quick=2) == 5
    assert queue.cap(most=4, quick=2) == 4
    queue.learn(asking[0], 50)
    queue.forget(asking[1])
    assert queue.cap(most=32, quick=2) == 3


async def test_who_waits_for_what_it_asked_for_does_not_say_that_its_rule_is_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, clock = RuleQueue(AUTHORITY, hosts=1), [100.0]
    monkeypatch.setattr("rulemint_runner.hosts.pool.rule_queue.monotonic", lambda: clock[0])
    for _ in range(100):
        has_run(queue, asks=False)
    host = a_host()
    queue.begin(host)
    queue.ask(host)
    clock[0] += 2 * LONG_S
    for _ in range(10):
        has_run(queue, asks=False)
    assert queue.is_quick()
    waiting(queue, 1)
    assert queue.is_crowded()  # nobody computes who would soon take it


async def test_whoever_waits_for_a_host_that_has_answered_and_goes_on_needs_a_further_host() -> None:
    queue, host = RuleQueue(AUTHORITY, hosts=1), a_host()
    queue.learn(a_host(), 0.2)
    queue.begin(host)
    waiting(queue, 1)
    assert not queue.is_crowded()
    queue.end(host)
    assert queue.is_crowded()


async def test_whoever_waits_behind_a_quick_rule_s_slow_invocation_needs_a_further_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue, clock = RuleQueue(AUTHORITY, hosts=1), [100.0]
    monkeypatch.setattr("rulemint_runner.hosts.pool.rule_queue.monotonic", lambda: clock[0])
    queue.learn(a_host(), 0.2)
    queue.begin(a_host())
    waiting(queue, 1)
    clock[0] += SLOW_S / 2
    assert not queue.is_crowded()
    clock[0] += SLOW_S
    assert queue.is_crowded()


@pytest.mark.parametrize("took_ms", [None, QUICK_MS * 20], ids=["nothing is known of", "is slow"])
async def test_whoever_waits_for_a_rule_that_may_be_slow_needs_a_further_host(took_ms: float | None) -> None:
    queue = RuleQueue(AUTHORITY, hosts=1)
    if took_ms is not None:
        queue.learn(a_host(), took_ms)
    assert not queue.is_crowded()
    waiting(queue, 1)
    assert queue.is_crowded()
