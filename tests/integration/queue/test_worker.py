"""Invocations from a gateway's dispatcher to real runners and back, through a real Valkey."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from arq.constants import in_progress_key_prefix, job_key_prefix, result_key_prefix
from arq.jobs import serialize_job

from fixtures.dispatching import Gateway, T, a_rule, an_invocation, open_gateway
from fixtures.every_server import cut, names_in
from fixtures.hosts import BUDGET, LANGUAGES, a_spawner
from fixtures.log_records import follow
from fixtures.processes import Started, family_of, started, until
from fixtures.runner_keys import make_runner_key
from fixtures.waiting import all_gone, eventually
from rulemint_runner.compose.runner import Runner, open_runner
from rulemint_runner.flow.flow import FlowRun
from rulemint_runner.flow.rule_turn import RuleRun, RuleTurn
from rulemint_runner.hosts.circuit_breaker import CLIENTS, FAILURES
from rulemint_runner.queue.running_invocation import RunningInvocation
from rulemint_runner.settings import RunnerSettings
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import batches, codecs, redis_keys
from rulemint_shared.contract.log_records import InvocationStarted, Level, LogRecord
from rulemint_shared.contract.messages import Batch, Ending, Endings, Failed, FailureReason, Granted, Invocation
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import cancel
from rulemint_shared.queue import job_queue, wake_ups
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

LOOPS = "def rule(client, scope, audience, context):\n    while True: pass"
CRASHES = "import os\ndef rule(client, scope, audience, context):\n    __import__('ctypes').CDLL(None)._exit(3)"
CRASHES_WHEN_ASKED = """
import os
def rule(client, scope, audience, context):
    return __import__('ctypes').CDLL(None)._exit(3) if "crash" in context["body"] else {}
"""
MAY_LOOP_OR_THROW = """
def rule(client, scope, audience, context):
    asked = context["body"]
    print("began", asked["n"])
    while asked["do"] == "loop": pass
    if asked["do"] == "throw": raise ValueError("as asked")
    print("ends", asked["n"])
    return {"n": asked["n"]}
"""
SLOW = "import time\ndef rule(client, scope, audience, context):\n    time.sleep(0.5)\n    return {}"


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
def runner_key_file(tmp_path: Path) -> Path:
    return make_runner_key(tmp_path)


@pytest.fixture
def runner_settings(empty_redis_url: str, runner_key_file: Path) -> RunnerSettings:
    return RunnerSettings(redis_url=empty_redis_url, runner_key_file=runner_key_file, max_hosts_per_rule=2)


@asynccontextmanager
async def a_runner(settings: RunnerSettings) -> AsyncIterator[Runner]:
    """A runner that claims jobs, and that gateways know of."""
    async with open_runner(settings, a_spawner(), LANGUAGES, BUDGET) as runner, open_redis(settings.redis_url) as redis:
        others = await redis.zcard(redis_keys.RUNNERS)
        tasks = [asyncio.create_task(runner.presence.keep()), asyncio.create_task(runner.worker.main())]
        await eventually(lambda: redis.zcard(redis_keys.RUNNERS), lambda alive: alive > others)
        yield runner
        await cancel(tasks[:1])
        await runner.presence.leave()
        await runner.worker.drain(within_s=0)
        await cancel(tasks[1:])


@pytest.fixture
async def runner(runner_settings: RunnerSettings) -> AsyncIterator[Runner]:
    async with a_runner(runner_settings) as opened:
        yield opened


@pytest.fixture
async def runner_process(empty_redis_url: str, runner_key_file: Path, redis: RedisClient) -> AsyncIterator[Started]:
    """A runner as a process of its own, that gateways know of."""
    environment = {
        "RULEMINT_REDIS_URL": empty_redis_url,
        "RULEMINT_RUNNER_KEY_FILE": str(runner_key_file),
        "RULEMINT_RULE_TIMEOUT": "20",
    }
    with started([sys.executable, "-m", "rulemint_runner"], environment) as process:
        await asyncio.to_thread(until, lambda: "claiming invocations" in process.output, failing=process)
        await eventually(lambda: redis.zcard(redis_keys.RUNNERS))
        yield process


@pytest.fixture
async def deaf_gateway(empty_redis_url: str) -> AsyncIterator[Gateway]:
    async with open_gateway(empty_redis_url) as gateway:
        yield gateway


@pytest.fixture
async def gateway(deaf_gateway: Gateway) -> AsyncIterator[Gateway]:
    listening = asyncio.create_task(deaf_gateway.dispatcher.listen(deaf_gateway.subscriber))
    yield deaf_gateway
    await cancel([listening])


@pytest.fixture
async def starts(empty_redis_url: str) -> AsyncIterator[Counter[str]]:
    """How often each invocation was started, as any runner said."""
    counted: Counter[str] = Counter()

    def count(record: LogRecord) -> None:
        if isinstance(record, InvocationStarted):
            counted[record.invocation] += 1

    async with open_redis(empty_redis_url) as reader:
        following = asyncio.create_task(follow(reader, T, count))
        yield counted
        await cancel([following])


def a_batch(*invocations: Invocation) -> Batch:
    return Batch(gateway="nobody", invocations=list(invocations))


def a_job(batch: bytes, *, function: str = job_queue.RUN_BATCH) -> bytes:
    return serialize_job(function, (batch,), {}, None, unix_ms(), serializer=job_queue.serialize)


async def put(redis: RedisClient, data: bytes, *, wake_up: bool, job_id: str | None = None) -> str:
    """Put a job of *data* into arq's queue by hand."""
    job_id = job_id or ids.new_job_id()
    async with redis.pipeline(transaction=True) as pipe:
        pipe.psetex(job_key_prefix + job_id, 60_000, data)
        pipe.zadd(redis_keys.queue(0), {job_id: unix_ms()})
        if wake_up:
            pipe.lpush(redis_keys.wake_up(0), job_id)
        await pipe.execute()
    return job_id


async def endings_of(redis: RedisClient, job_id: str) -> Endings:
    found = await eventually(lambda: job_queue.find_endings(redis, job_id))
    assert found is not None
    return found[0]


async def the_only_job(redis: RedisClient) -> str:
    """The id of the one job under way, once it has been claimed."""
    claimed = await eventually(lambda: names_in(redis, f"{in_progress_key_prefix}*"), lambda found: len(found) == 1)
    return str(claimed[0].decode().removeprefix(in_progress_key_prefix))


# ---- what comes back ----


@pytest.mark.usefixtures("runner")
async def test_an_invocation_comes_back_granted(gateway: Gateway, redis: RedisClient) -> None:
    ending = await gateway.ask(await a_rule(redis))
    assert ending.outcome == Granted(scope=["read", "extra"])
    assert ending.picked_up_at_ms <= ending.ended_at_ms


@pytest.mark.usefixtures("runner")
async def test_many_invocations_of_one_moment_each_get_their_own_ending(gateway: Gateway, redis: RedisClient) -> None:
    granting, failing = await a_rule(redis), await a_rule(redis, "def rule(")
    endings = await asyncio.gather(*(gateway.ask(rule) for rule in (granting, failing) * 100))
    assert {type(ending.outcome) for ending in endings[::2]} == {Granted}
    failures = {ending.outcome.reason for ending in endings[1::2] if isinstance(ending.outcome, Failed)}
    assert failures == {FailureReason.SYNTAX}
    assert len({ending.invocation for ending in endings}) == 200


@pytest.mark.usefixtures("runner")
async def test_of_many_invocations_of_one_moment_one_that_loops_and_one_that_throws_cost_nobody_else(
    gateway: Gateway, redis: RedisClient, starts: Counter[str]
) -> None:
    rule = await a_rule(redis, MAY_LOOP_OR_THROW, timeout_s=1)
    await gateway.ask(rule, n="first", do="")
    odd = {7: "loop", 8: "throw"}
    endings = await asyncio.gather(*(gateway.ask(rule, n=str(n), do=odd.get(n, "")) for n in range(52)))
    for n, ending in enumerate(endings):
        lines = [line.message for line in ending.lines if line.level is Level.INFO]
        if n in odd:
            assert isinstance(ending.outcome, Failed)
            assert lines == [f"began {n}"]
        else:
            assert ending.outcome == Granted(scope=["read"], claims={"n": str(n)})
            assert lines == [f"began {n}", f"ends {n}"]
    assert endings[7].outcome.reason is FailureReason.TIMEOUT  # type: ignore[union-attr]  # Failed, as seen above
    assert endings[8].outcome.reason is FailureReason.EXCEPTION  # type: ignore[union-attr]  # the same
    await eventually(lambda: as_seen(starts), lambda seen: seen == 53)
    assert set(starts.values()) == {1}


@pytest.mark.usefixtures("runner")
@pytest.mark.parametrize("script", [MAY_LOOP_OR_THROW, "def rule("])
async def test_an_invocation_that_has_ended_waits_for_no_garbage_collector(
    gateway: Gateway, redis: RedisClient, script: str
) -> None:
    rule = await a_rule(redis, script)
    gc.collect()
    gc.disable()
    try:
        for does in ("", "throw"):
            await gateway.ask(rule, n="1", do=does)
        assert await eventually(what_is_left_of_invocations, lambda left: not left) == []
    finally:
        gc.enable()


async def what_is_left_of_invocations() -> list[object]:
    kinds = (RunningInvocation, FlowRun, RuleRun, RuleTurn)
    return [each for each in gc.get_objects() if isinstance(each, kinds)]


@pytest.mark.usefixtures("runner")
async def test_an_outcome_whose_publication_was_missed_is_found_in_the_job_s_result(
    deaf_gateway: Gateway, redis: RedisClient
) -> None:
    asking = asyncio.create_task(deaf_gateway.ask(await a_rule(redis)))
    await eventually(lambda: names_in(redis, f"{result_key_prefix}*"))
    assert not asking.done()
    listening = asyncio.create_task(deaf_gateway.dispatcher.listen(deaf_gateway.subscriber))
    assert (await asking).outcome == Granted(scope=["read", "extra"])
    await cancel([listening])


@pytest.mark.usefixtures("runner")
async def test_an_invocation_past_its_deadline_ends_as_late_and_the_others_of_its_batch_run(redis: RedisClient) -> None:
    rule = await a_rule(redis)
    batch = a_batch(an_invocation(rule, Deadline.after(-1)), an_invocation(rule, Deadline.after(20)))
    job_id = await job_queue.enqueue(redis, batch, expires_ms=60_000)
    late, in_time = (await endings_of(redis, job_id)).endings
    assert isinstance(late.outcome, Failed)
    assert late.outcome.reason is FailureReason.LATE
    assert isinstance(in_time.outcome, Granted)


async def test_workers_are_woken_for_the_job_that_has_waited_for_longest(redis: RedisClient) -> None:
    batch = a_batch(an_invocation(await a_rule(redis), Deadline.after(20)))
    job_ids = [await job_queue.enqueue(redis, batch, expires_ms=60_000) for _ in range(3)]
    assert [await wake_ups.wait_for_one(redis, timeout_s=1) for _ in job_ids] == job_ids


async def test_without_a_runner_an_invocation_ends_at_once(gateway: Gateway, redis: RedisClient) -> None:
    async with asyncio.timeout(10):
        ending = await gateway.ask(await a_rule(redis), within_s=1_000)
    assert isinstance(ending.outcome, Failed)
    assert ending.outcome.reason is FailureReason.NO_RUNNER
    assert await redis.zcard(redis_keys.queue(0)) == 0


async def test_a_runner_that_left_is_not_counted_on(
    gateway: Gateway, redis: RedisClient, runner_settings: RunnerSettings
) -> None:
    async with a_runner(runner_settings):
        pass
    ending = await gateway.ask(await a_rule(redis), within_s=1_000)
    assert isinstance(ending.outcome, Failed)
    assert ending.outcome.reason is FailureReason.NO_RUNNER


# ---- what is in the queue ----


class Exploit:
    """Unpickling it makes a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (str(self._path),)


NO_JOBS = {
    "noise": b"\xc1\xff",
    "map of something else": job_queue.serialize({"f": 1}),
    "function that nobody has": a_job(b"", function="os.system"),
    "batch that is noise": a_job(b"\xc1"),
    "no batch at all": job_queue.serialize({"t": None, "f": "run_batch", "a": [], "k": {}, "et": 1}),
    "types all wrong": job_queue.serialize({"t": None, "f": "run_batch", "a": 7, "k": 7, "et": "x"}),
    "year 146 million": job_queue.serialize({"t": None, "f": "run_batch", "a": [], "k": {}, "et": 2**62}),
}


@pytest.mark.usefixtures("runner")
async def test_what_is_no_job_is_refused_and_the_next_job_works(gateway: Gateway, redis: RedisClient) -> None:
    rule = await a_rule(redis)
    for what, data in NO_JOBS.items():
        job_id = await put(redis, data, wake_up=True)
        await eventually(partial(redis.zscore, redis_keys.queue(0), job_id), lambda score: score is None)
        with suppress(codecs.DecodeError):
            assert await job_queue.find_endings(redis, job_id) is None, what
        assert isinstance((await gateway.ask(rule)).outcome, Granted), what


@pytest.mark.usefixtures("runner")
async def test_a_pickle_in_the_queue_is_refused_and_never_unpickled(
    gateway: Gateway, redis: RedisClient, tmp_path: Path
) -> None:
    folder = tmp_path / "made by the pickle"
    job_id = await put(redis, pickle.dumps(Exploit(folder)), wake_up=True)
    await eventually(lambda: redis.zscore(redis_keys.queue(0), job_id), lambda score: score is None)
    assert isinstance((await gateway.ask(await a_rule(redis))).outcome, Granted)
    assert not folder.exists()


@pytest.mark.usefixtures("runner")
async def test_a_job_that_nobody_was_woken_for_is_found(redis: RedisClient) -> None:
    batch = a_batch(an_invocation(await a_rule(redis), Deadline.after(20)))
    job_id = await put(redis, a_job(codecs.batch.encode(batch)), wake_up=False)
    assert isinstance((await endings_of(redis, job_id)).endings[0].outcome, Granted)


@pytest.mark.usefixtures("runner")
async def test_a_job_that_is_enqueued_once_more_after_it_ran_is_not_run_again(
    redis: RedisClient, starts: Counter[str]
) -> None:
    """A gateway whose connection broke before it heard of its enqueue sends the same job again."""
    rule = await a_rule(redis)
    first = an_invocation(rule, Deadline.after(20))
    data = a_job(codecs.batch.encode(a_batch(first)))
    job_id = await put(redis, data, wake_up=True)
    await endings_of(redis, job_id)
    await put(redis, data, wake_up=True, job_id=job_id)
    await eventually(lambda: redis.exists(job_key_prefix + job_id), lambda left: left == 0)
    second = an_invocation(rule, Deadline.after(20))
    await endings_of(redis, await put(redis, a_job(codecs.batch.encode(a_batch(second))), wake_up=True))
    await eventually(lambda: as_seen(starts), lambda seen: seen >= 2)
    assert starts == Counter([first.id, second.id])


@pytest.mark.usefixtures("runner")
async def test_a_wake_up_for_a_job_that_is_not_there_wakes_nobody_for_good(
    gateway: Gateway, redis: RedisClient
) -> None:
    pushing: Any = redis.lpush(redis_keys.wake_up(0), "job_nothing", b"\xff\xfe")
    await pushing
    assert isinstance((await gateway.ask(await a_rule(redis))).outcome, Granted)
    await eventually(lambda: redis.exists(f"{in_progress_key_prefix}job_nothing"), lambda claims: claims == 0)


async def test_jobs_that_waited_for_a_runner_are_run_by_the_first_that_comes(
    redis: RedisClient, runner_settings: RunnerSettings
) -> None:
    rule = await a_rule(redis)
    batches = [a_batch(an_invocation(rule, Deadline.after(20))) for _ in range(5)]
    jobs = [await job_queue.enqueue(redis, batch, expires_ms=60_000) for batch in batches]
    async with a_runner(runner_settings):
        endings = [await endings_of(redis, job) for job in jobs]
    assert {type(ending.outcome) for found in endings for ending in found.endings} == {Granted}


async def test_two_runners_share_the_batches_and_each_invocation_runs_exactly_once(
    redis: RedisClient, runner_settings: RunnerSettings, starts: Counter[str]
) -> None:
    rule = await a_rule(redis)
    batches = [a_batch(*(an_invocation(rule, Deadline.after(20)) for _ in range(3))) for _ in range(50)]
    async with a_runner(runner_settings) as first, a_runner(runner_settings) as second:
        jobs = await asyncio.gather(*(job_queue.enqueue(redis, batch, expires_ms=60_000) for batch in batches))
        endings = [ending for job in jobs for ending in (await endings_of(redis, job)).endings]
        await eventually(lambda: as_seen(starts), lambda seen: seen >= 150)
        assert first.worker.jobs_complete + second.worker.jobs_complete == 50
        assert first.worker.jobs_failed + second.worker.jobs_failed == 0
    assert {type(ending.outcome) for ending in endings} == {Granted}
    asked = [invocation.id for batch in batches for invocation in batch.invocations]
    assert [ending.invocation for ending in endings] == asked
    assert starts == Counter(asked)


# ---- what is bad in a batch ----


@pytest.mark.usefixtures("runner")
async def test_a_malformed_invocation_ends_alone_and_its_neighbours_run(redis: RedisClient) -> None:
    rule = await a_rule(redis)
    good = [an_invocation(rule, Deadline.after(20)) for _ in range(3)]
    bad = [
        msgspec.msgpack.encode({"id": "exc_without_anything_else"}),
        msgspec.msgpack.encode(msgspec.structs.replace(good[0], id="exc_flowless", flow=[])),
        msgspec.msgpack.encode(msgspec.structs.replace(good[0], id="exc_scopes", scope=["s"] * 1_001)),
        msgspec.msgpack.encode(b"noise"),
    ]
    parts = [
        encoded for pair in zip(bad, map(codecs.invocation.encode, [*good, good[0]]), strict=True) for encoded in pair
    ]
    job_id = await put(redis, a_job(batches.join_batch("nobody", parts[:-1])), wake_up=True)
    endings = {ending.invocation: ending.outcome for ending in (await endings_of(redis, job_id)).endings}
    assert {type(endings[invocation.id]) for invocation in good} == {Granted}
    for name in ("exc_without_anything_else", "exc_flowless", "exc_scopes", ""):
        outcome = endings[name]
        assert isinstance(outcome, Failed)
        assert outcome.reason is FailureReason.INTERRUPTED


# ---- who may take how much ----


async def as_failures(asking: list[asyncio.Task[Ending]]) -> list[FailureReason]:
    """Why those that have failed did."""
    outcomes = [task.result().outcome for task in asking if task.done()]
    return [outcome.reason for outcome in outcomes if isinstance(outcome, Failed)]


async def test_a_tenant_whose_rule_hangs_leaves_a_runner_room_for_the_others(
    gateway: Gateway, redis: RedisClient, runner_settings: RunnerSettings
) -> None:
    hanging, granting = await a_rule(redis, LOOPS), await a_rule(redis, tenant="other")
    async with a_runner(msgspec.structs.replace(runner_settings, max_invocations=4)):
        asking = [asyncio.create_task(gateway.ask(hanging)) for _ in range(6)]
        failures = await eventually(lambda: as_failures(asking), lambda seen: len(seen) >= 4)
        assert set(failures) == {FailureReason.OVERLOADED}
        assert isinstance((await gateway.ask(granting, tenant="other")).outcome, Granted)
        await cancel(asking)


async def test_a_tenant_whose_requests_wait_leaves_a_gateway_room_for_the_others(
    empty_redis_url: str, redis: RedisClient, runner: Runner
) -> None:
    hanging, granting = await a_rule(redis, LOOPS), await a_rule(redis, tenant="other")
    async with open_gateway(empty_redis_url, max_waiting=4) as gateway:
        listening = asyncio.create_task(gateway.dispatcher.listen(gateway.subscriber))
        asking = [asyncio.create_task(gateway.ask(hanging)) for _ in range(6)]
        failures = await eventually(lambda: as_failures(asking), lambda seen: len(seen) >= 4)
        assert set(failures) == {FailureReason.OVERLOADED}
        await gateway.dispatcher.waiting_requests.say()
        ((_, requests, places),) = await gateway.dispatcher.waiting_requests.of_tenant(T)
        assert (requests, places) == (2, 2)
        await gateway.minutes.flush()
        now = unix_ms() // 60_000
        minutes = await gateway.minutes.between(T, now - 1, now)
        assert sum(minute.refused_by.get("waiting_requests", 0) for minute in minutes) == 4
        assert isinstance((await gateway.ask(granting, tenant="other")).outcome, Granted)
        await cancel([*asking, listening])
    assert runner.worker.jobs_failed == 0


@pytest.mark.usefixtures("runner")
async def test_a_flow_with_a_rule_that_pauses_is_refused_by_the_gateway_itself(
    gateway: Gateway, redis: RedisClient, starts: Counter[str]
) -> None:
    crashing = await a_rule(redis, CRASHES)
    endings = [await gateway.ask(crashing) for _ in range(FAILURES + 2)]
    assert as_reasons(endings) == [FailureReason.CRASHED] * FAILURES + [FailureReason.OVERLOADED] * 2
    assert all(ending.outcome.pauses_for_ms > 0 for ending in endings[FAILURES:] if isinstance(ending.outcome, Failed))
    assert isinstance((await gateway.ask(await a_rule(redis))).outcome, Granted)
    assert {ending.invocation for ending in endings[FAILURES:]}.isdisjoint(starts)
    assert {ending.invocation for ending in endings[:FAILURES]}.issubset(starts)


def as_reasons(endings: list[Ending]) -> list[FailureReason]:
    return [ending.outcome.reason for ending in endings if isinstance(ending.outcome, Failed)]


@pytest.mark.usefixtures("runner")
async def test_a_pause_is_of_the_client_whose_requests_fail_and_the_logs_say_why_and_what_helps(
    gateway: Gateway, redis: RedisClient
) -> None:
    rule = await a_rule(redis, CRASHES_WHEN_ASKED)
    endings = [await gateway.ask(rule, crash="now") for _ in range(FAILURES)]
    refused = await gateway.ask(rule)
    for ending in (endings[-1], refused):
        assert isinstance(ending.outcome, Failed)
        assert not ending.outcome.pauses_for_all
        assert "pauses for the client client1 for 5 s because of three crashes" in ending.outcome.detail
        assert "rulemint rules resume 'my rule' --client client1" in ending.outcome.detail
    assert endings[-1].lines[-1].message == endings[-1].outcome.detail  # type: ignore[union-attr]  # a Failed
    assert isinstance((await gateway.ask(rule, client="client2")).outcome, Granted)


@pytest.mark.usefixtures("runner")
async def test_several_clients_that_fail_pause_the_rule_for_every_client(
    gateway: Gateway, redis: RedisClient, starts: Counter[str]
) -> None:
    rule = await a_rule(redis, CRASHES)
    endings = [await gateway.ask(rule, client=f"client{number}") for number in range(CLIENTS + 2)]
    assert as_reasons(endings) == [FailureReason.CRASHED] * CLIENTS + [FailureReason.OVERLOADED] * 2
    assert {ending.invocation for ending in endings[-1:]}.isdisjoint(starts)
    assert all(ending.outcome.pauses_for_all for ending in endings[CLIENTS:] if isinstance(ending.outcome, Failed))


@pytest.mark.usefixtures("runner")
async def test_what_waits_for_a_host_is_refused_when_its_client_pauses_meanwhile(
    gateway: Gateway, redis: RedisClient
) -> None:
    rule = await a_rule(
        redis,
        "import os, time\ndef rule(c, s, a, x):\n    time.sleep(0.3)\n    __import__('ctypes').CDLL(None)._exit(3)",
    )
    endings = await asyncio.gather(*(gateway.ask(rule) for _ in range(12)))
    reasons = Counter(as_reasons(list(endings)))
    assert reasons[FailureReason.CRASHED] + reasons[FailureReason.OVERLOADED] == 12
    assert reasons[FailureReason.OVERLOADED] >= 12 - FAILURES - 2


async def test_a_resumed_rule_runs_again_at_every_runner_and_gateway(
    gateway: Gateway, redis: RedisClient, runner_settings: RunnerSettings
) -> None:
    rule = await a_rule(redis, CRASHES_WHEN_ASKED)
    async with a_runner(runner_settings), a_runner(runner_settings):
        while as_reasons([await gateway.ask(rule, crash="now")]) != [FailureReason.OVERLOADED]:
            pass
        assert as_reasons([await gateway.ask(rule)]) == [FailureReason.OVERLOADED]
        for resumed in ({"resumed_at_ms": 1}, {"client_resumed_at_ms": 1}):
            again = msgspec.structs.replace(rule, **resumed)
            assert {type((await gateway.ask(again)).outcome) for _ in range(10)} == {Granted}


# ---- what breaks ----


@pytest.mark.parametrize("kind", ["normal", "pubsub"])
@pytest.mark.usefixtures("runner")
async def test_connections_that_are_cut_are_made_again_and_invocations_go_on(
    gateway: Gateway, redis: RedisClient, kind: str
) -> None:
    rule = await a_rule(redis)
    for _ in range(3):
        assert isinstance((await gateway.ask(rule)).outcome, Granted)
        await cut(redis, kind)
    assert isinstance((await gateway.ask(rule)).outcome, Granted)


@pytest.mark.usefixtures("runner")
async def test_an_invocation_under_way_survives_a_cut(gateway: Gateway, redis: RedisClient) -> None:
    asking = asyncio.create_task(gateway.ask(await a_rule(redis, SLOW)))
    await the_only_job(redis)
    for kind in ("normal", "pubsub"):
        await cut(redis, kind)
    assert isinstance((await asking).outcome, Granted)


async def test_an_invocation_whose_runner_was_killed_is_interrupted_and_never_run_again(
    gateway: Gateway,
    redis: RedisClient,
    starts: Counter[str],
    runner_process: Started,
    runner_settings: RunnerSettings,
) -> None:
    asking = asyncio.create_task(gateway.ask(await a_rule(redis, LOOPS), within_s=2))
    await eventually(lambda: as_seen(starts))
    job_id = await the_only_job(redis)
    family = await asyncio.to_thread(family_of, runner_process.process.pid)
    runner_process.process.kill()
    await all_gone(family)
    async with a_runner(runner_settings):
        ending = await asking
        assert isinstance(ending.outcome, Failed)
        assert ending.outcome.reason is FailureReason.INTERRUPTED
        assert isinstance((await gateway.ask(await a_rule(redis))).outcome, Granted)
        await redis.delete(in_progress_key_prefix + job_id)  # as it would expire in the end
        await eventually(lambda: redis.zscore(redis_keys.queue(0), job_id), lambda score: score is None)
    assert starts[ending.invocation] == 1


async def test_a_runner_that_is_told_to_stop_finishes_what_it_has_begun(
    gateway: Gateway, redis: RedisClient, starts: Counter[str], runner_process: Started
) -> None:
    asking = asyncio.create_task(gateway.ask(await a_rule(redis, SLOW)))
    await eventually(lambda: as_seen(starts))
    family = await asyncio.to_thread(family_of, runner_process.process.pid)
    runner_process.process.send_signal(signal.SIGTERM)
    assert isinstance((await asking).outcome, Granted)
    assert await asyncio.to_thread(runner_process.wait) == 0
    await all_gone(family)
    assert await redis.zcard(redis_keys.RUNNERS) == 0


async def test_a_runner_that_lost_its_spawner_stops_and_leaves_the_list_of_the_living(
    gateway: Gateway, redis: RedisClient, runner_process: Started
) -> None:
    assert isinstance((await gateway.ask(await a_rule(redis))).outcome, Granted)
    family = await asyncio.to_thread(family_of, runner_process.process.pid)
    children = await asyncio.to_thread(Path(f"/proc/{runner_process.process.pid}/task").glob, "*/children")
    pids = [int(pid) for path in children for pid in path.read_text().split()]
    (spawner,) = [pid for pid in pids if b"sandbox.spawner" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(spawner, signal.SIGKILL)
    await asyncio.to_thread(runner_process.wait)
    await all_gone(family)
    assert await redis.zcard(redis_keys.RUNNERS) == 0


async def as_seen(counted: Counter[str]) -> int:
    return counted.total()
