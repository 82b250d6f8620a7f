"""A version that is to be stored is loaded by a runner: what both sides say, also when the other is gone."""

from __future__ import annotations

import asyncio

import pytest

from fixtures.hosts import LANGUAGES
from rulemint_gateway.dispatch import loads
from rulemint_gateway.dispatch.loads import Loads as AskedLoads
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_runner.flow import rule_loads
from rulemint_runner.flow.limits import LimitPolicy, Limits
from rulemint_runner.flow.rule_loads import RuleLoads
from rulemint_runner.packages.package_store import PackageStore
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.load_messages import DoesNotLoad, LoadAnswer, LoadRequest, Loads, NotTried
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language, RuleVersion
from rulemint_shared.deadline import Deadline
from rulemint_shared.queue import job_queue, living_runners, wake_ups
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

GRANTS = "def rule(client, scope, audience, context):\n    return {}"
HANGS_WHEN_RUN = "print('loaded')\ndef rule(client, scope, audience, context):\n    while True: pass"
LIMITS = Limits(timeout_s=1, memory_mb=64, log_bytes=1024, result_bytes=1024)


def request(script: str = GRANTS, *, tenant: str = "default", language: Language = Language.PYTHON) -> LoadRequest:
    text = RuleVersion(rule_id="r", version=1, script=script, language=language)
    return LoadRequest(tenant=tenant, name="my rule", text=text, deadline_ms=Deadline.after(60).to_unix_ms())


def runner_of(redis: RedisClient, sandbox: Sandbox) -> RuleLoads:
    return RuleLoads(sandbox, LANGUAGES, LimitPolicy(default=LIMITS, ceiling=LIMITS), PackageStore(redis))


async def answer_of(runner: RuleLoads, asked: LoadRequest) -> LoadAnswer:
    return codecs.load_answer.decode(await runner.run_job(codecs.load_request.encode(asked)))


async def a_living_runner(redis: RedisClient) -> None:
    async with redis.pipeline() as pipe:
        living_runners.beat(pipe, "somebody", contains_rules=True, lives_ms=60_000)
        await pipe.execute()


async def test_without_a_runner_nobody_is_asked(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        answer = await AskedLoads(redis, RunnerPresence(redis)).load(request())
        assert answer == NotTried(why="no runner is there")
        assert await redis.zcard(redis_keys.queue(0)) == 0


async def test_a_version_that_no_runner_takes_in_time_is_not_waited_for(
    empty_redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads, "PICKED_UP_WITHIN_S", 0.3)
    async with open_redis(empty_redis_url) as redis:
        await a_living_runner(redis)
        answer = await AskedLoads(redis, RunnerPresence(redis)).load(request())
    assert answer == NotTried(why="no runner took it within 0.3 s")


async def test_a_version_whose_runner_died_is_not_waited_for(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        await a_living_runner(redis)
        asking = asyncio.create_task(AskedLoads(redis, RunnerPresence(redis)).load(request()))
        job_id = await wake_ups.wait_for_one(redis, timeout_s=5)
        assert job_id is not None
        job = await job_queue.claim(redis, job_id, runner="dead", for_ms=60_000)
        assert job is not None
        assert job_queue.open_job(job)[0] == job_queue.LOAD_RULE
        assert await asyncio.wait_for(asking, 20) == NotTried(why="its runner died")


async def test_a_request_that_cannot_be_read_is_answered(empty_redis_url: str, sandbox: Sandbox) -> None:
    async with open_redis(empty_redis_url) as redis:
        answer = codecs.load_answer.decode(await runner_of(redis, sandbox).run_job(b"\xc1garbage"))
    assert answer == NotTried(why="the runner could not read the request")


@pytest.mark.parametrize(
    ("script", "language"),
    [
        pytest.param(GRANTS, Language.PYTHON, id="python"),
        pytest.param(HANGS_WHEN_RUN, Language.PYTHON, id="a function that would hang"),
        pytest.param("module.exports = () => { for (;;); };", Language.JAVASCRIPT, id="javascript"),
        pytest.param("export default (): object => ({});", Language.TYPESCRIPT, id="typescript"),
    ],
)
async def test_a_version_loads_without_being_run_and_leaves_no_host(
    empty_redis_url: str, sandbox: Sandbox, script: str, language: Language
) -> None:
    async with open_redis(empty_redis_url) as redis:
        answer = await answer_of(runner_of(redis, sandbox), request(script, language=language))
    assert isinstance(answer, Loads), answer
    assert not sandbox._exits


@pytest.mark.parametrize(
    ("script", "reason", "detail"),
    [
        pytest.param("x = 1\ndef rule(", FailureReason.SYNTAX, "my-rule.py:2:9: SyntaxError", id="does not parse"),
        pytest.param("raise ValueError('no')", FailureReason.EXCEPTION, "my-rule.py:1:1: ValueError: no", id="raises"),
        pytest.param("import ctypes\nctypes.CDLL(None)._exit(3)",
                     FailureReason.CRASHED, "while the rule was loaded: exit code 3",
                     id="ends its host"),
        pytest.param("a = [bytes(1 << 20) for _ in range(500)]", FailureReason.OUT_OF_MEMORY, "memory_mb",
                     id="takes all memory"),
    ],
)  # fmt: skip
async def test_a_version_that_does_not_load_says_why_and_where(
    empty_redis_url: str, sandbox: Sandbox, script: str, reason: FailureReason, detail: str
) -> None:
    async with open_redis(empty_redis_url) as redis:
        answer = await answer_of(runner_of(redis, sandbox), request(script))
    assert isinstance(answer, DoesNotLoad), answer
    assert (answer.reason, detail in answer.detail) == (reason, True), answer.detail


async def test_a_version_that_never_loads_ends_at_the_limit_of_loading(
    empty_redis_url: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_loads, "LOAD_WITHIN_S", 0.5)
    async with open_redis(empty_redis_url) as redis:
        answer = await answer_of(runner_of(redis, sandbox), request("import time\ntime.sleep(60)"))
    too_long = "the rule takes longer than 0.5 s to load; it was at "
    assert isinstance(answer, DoesNotLoad)
    assert (answer.reason, answer.detail.startswith(too_long)) == (FailureReason.TIMEOUT, True), answer.detail
    assert answer.detail.endswith(".py:2, in <module>")


async def test_a_tenant_that_floods_with_versions_leaves_room_for_another(
    empty_redis_url: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_loads, "LOAD_WITHIN_S", 2.0)
    async with open_redis(empty_redis_url) as redis:
        runner = runner_of(redis, sandbox)
        slow = request("import time\ntime.sleep(60)", tenant="flood")
        flood = [asyncio.create_task(answer_of(runner, slow)) for _ in range(20)]
        await asyncio.sleep(0)
        answer = await asyncio.wait_for(answer_of(runner, request(tenant="another")), 20)
        refused = [each.result() for each in flood if each.done()]
        for each in flood:
            each.cancel()
        await asyncio.gather(*flood, return_exceptions=True)
    assert isinstance(answer, Loads), answer
    assert NotTried(why="too many versions of this tenant are being loaded") in refused
