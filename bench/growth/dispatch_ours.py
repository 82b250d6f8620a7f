"""Our dispatch by itself: ``worker SOCKET`` runs batches with an echo, ``ask SOCKET IN_FLIGHT SECONDS`` dispatches."""

from __future__ import annotations

import asyncio
import sys
from typing import cast

import uvloop

from bench.growth.asking import ask_and_print
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts
from rulemint_runner.flow.flow import Done, Flow, FlowEnding
from rulemint_runner.flow.invocation_log import InvocationLog
from rulemint_runner.queue.invocations import Invocations
from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.presence import Presence
from rulemint_runner.queue.running_invocation import InvocationParts
from rulemint_runner.queue.worker import RuleWorker
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.messages import ClientView, Granted, Invocation, RequestView, RuleRef
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.streams.log_publisher import LogPublisher
from rulemint_shared.streams.log_stream import LogStreamWriter

CLAIMS = {"https://bench.test/tenant": "default", "https://bench.test/name": "bench"}
DEADLINE_S = 10.0
PLACES = 5_000
WRITER = LogStreamWriter(kept=10_000, age_s=604_800)


class EchoFlow:
    """In place of rules and hosts."""

    def begin(self, invocation: Invocation, _deadline: Deadline, _log: InvocationLog, done: Done) -> None:
        """Granted, at once."""
        granted = Granted(scope=invocation.scope, claims=CLAIMS)
        done(FlowEnding(outcome=granted, decided_by=invocation.flow[0], reports=[]))


async def work(url: str) -> None:
    """Run batches until killed."""
    async with open_redis(url) as redis:
        publisher = LogPublisher(redis, WRITER)
        outbox = Outbox(redis)
        invocations = Invocations(InvocationParts(outbox, cast("Flow", EchoFlow()), publisher, TenantQuota(PLACES)))
        presence = Presence(
            redis,
            "bench",
            heartbeat_file=None,
            contains_rules=lambda: True,
            load=lambda: RunnerLoad(hosts=0, busy_hosts=0, invocations=0),
        )
        worker = RuleWorker(
            redis, {job_queue.RUN_BATCH: invocations.run_batch}, outbox, runner="bench", max_jobs=PLACES
        )
        await asyncio.gather(publisher.run(), presence.keep(), worker.main())


async def ask(url: str, in_flight: int, seconds: float) -> None:
    """Dispatch and print."""
    async with open_redis(url) as redis, open_subscriber(url) as subscriber:
        presence = RunnerPresence(redis)
        while not await presence.any_alive():  # noqa: ASYNC110  # Redis has no event for it
            await asyncio.sleep(0.05)
        dispatcher = Dispatcher(
            redis,
            gateway="bench",
            presence=presence,
            log_writer=WRITER,
            minutes=MinuteCounts(redis),
            max_waiting=PLACES,
            job_expires_ms=60_000,
        )
        listening = asyncio.create_task(dispatcher.listen(subscriber))

        async def one() -> None:
            ending = await dispatcher.run(_invocation(), Deadline.after(DEADLINE_S))
            if not isinstance(ending.outcome, Granted):
                raise SystemExit(f"it ended with {ending.outcome}")

        await ask_and_print(one, in_flight=in_flight, seconds=seconds)
        listening.cancel()


def _invocation() -> Invocation:
    now_ms = unix_ms()
    return Invocation(
        id=ids.new_exchange_id(),
        tenant="default",
        client=ClientView(tenant="default", id="bench", name="bench", metadata={}),
        audience="https://bench.test/",
        scope=["read", "write"],
        request=RequestView(ip="127.0.0.1", user_agent="bench", body={"grant_type": "client_credentials"}),
        flow=[RuleRef(rule_id="bench", name="bench", version=1)],
        deadline_ms=now_ms + int(DEADLINE_S * 1000),
        enqueued_at_ms=now_ms,
    )


if __name__ == "__main__":
    server = f"unix://{sys.argv[2]}"
    uvloop.run(work(server) if sys.argv[1] == "worker" else ask(server, int(sys.argv[3]), float(sys.argv[4])))
