"""The runner's side of outbound HTTP: one broker, kept running, and its use shared fairly among tenants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from rulemint_runner.egress.broker_process import (
    PROGRAM,
    Answer,
    BrokerNotStartedError,
    BrokerProcess,
    NotSentError,
    spawn_broker,
)
from rulemint_runner.egress.errors import EgressDenied, EgressError, EgressFailed, EgressTooLarge, Kind
from rulemint_runner.egress.messages import (
    MAX_BODY_BYTES,
    MAX_CALLS,
    MAX_TIMEOUT_MS,
    Fetch,
    Fetched,
    OutboundRequest,
    Start,
)
from rulemint_runner.sandbox.preflight import KernelLayer
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.process.background import cancel
from rulemint_shared.process.growing_pause import GrowingPause
from rulemint_shared.process.shortages import LOGGED_EACH_S

log = structlog.get_logger(__name__)

MAX_WAITING, MAX_WAITING_OF_ONE_TENANT = 8_192, 4_096
"""Calls that wait because their tenant has its quota of the broker's: no tenant's slow servers take it from others."""
_HEALTHY_AFTER_S = 10.0
"""A broker that ran for so long is started again after the first pause."""
_NOTICED_WITHIN_S = 0.01


class EgressBroker:
    """Makes outbound calls. Open it with `open_egress`."""

    def __init__(self, start: Start, program: Sequence[str] = PROGRAM) -> None:
        self._start = start
        self._program = program
        self._process: BrokerProcess | None = None
        self._last: BrokerProcess | None = None
        self._is_running = asyncio.Event()
        self._exhausted = Deadline.after(0)
        """Until when nobody has to be told again."""
        self._turns = Turns(MAX_CALLS, waiting=MAX_WAITING, waiting_of_one=MAX_WAITING_OF_ONE_TENANT)

    @property
    def pid(self) -> int | None:
        """The number of the broker's process; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def fetch(
        self, *, tenant: str, allow_hosts: Iterable[str], request: OutboundRequest, deadline: Deadline, rule: str = ""
    ) -> Fetched:
        """The response to *request* of *rule* of *tenant*, which may call *allow_hosts*.

        Calls with another *rule* have other connections.

        Raises:
            EgressError: there is none; its kind and text are for the rule's author.
        """
        if len(request.body) > MAX_BODY_BYTES:
            raise EgressTooLarge(f"the request's body has more than {MAX_BODY_BYTES} bytes")
        try:
            async with asyncio.timeout(max(0.0, deadline.remaining_s())), self._turns.taken(tenant):
                answer = await self._ask(tenant, rule, tuple(allow_hosts), request, deadline)
        except NoTurnError:
            raise EgressFailed("too many calls wait") from None
        except TimeoutError:
            if not self._is_running.is_set():
                raise EgressFailed("the egress broker is not running") from None
            raise EgressError(Kind.TIMED_OUT, "no whole response in time") from None
        if isinstance(answer, Fetched):
            return answer
        if answer.kind is Kind.EXHAUSTED:
            self._note_exhausted(answer.why)
        raise EgressError(answer.kind, answer.why, answer.code)

    async def _ask(
        self, tenant: str, rule: str, allow_hosts: tuple[str, ...], request: OutboundRequest, deadline: Deadline
    ) -> Answer:
        while True:
            await self._is_running.wait()
            assert self._process is not None  # noqa: S101  # what the event says
            fetch = Fetch(
                number=self._process.next_number(),
                tenant=tenant,
                rule=rule,
                allow_hosts=allow_hosts,
                request=request,
                timeout_ms=min(MAX_TIMEOUT_MS, max(1, int(deadline.remaining_s() * 1000))),
            )
            try:
                return await self._process.ask(fetch)
            except NotSentError:  # it has gone, which is noticed in a moment; nothing has been asked of anybody
                await asyncio.sleep(_NOTICED_WITHIN_S)

    async def start(self) -> None:
        """Start the broker for the first time.

        Raises:
            BrokerNotStartedError: it cannot work with its configuration, or on this machine.
        """
        process = self._last = await spawn_broker(self._program)
        try:
            await process.configure(self._start)
        except BrokerNotStartedError:
            await process.end()
            raise
        self._process = process
        self._is_running.set()

    async def close(self) -> None:
        """See to it that no process is left, wherever `keep` or `start` was cancelled."""
        if self._last is not None:
            await self._last.end()

    async def keep(self) -> None:
        """Take the broker's answers, and start it again whenever it has ended."""
        pause = GrowingPause(0.05, 5.0)
        while True:
            if self._process is not None:
                healthy = Deadline.after(_HEALTHY_AFTER_S)
                await self._run(self._process)
                if healthy.passed():
                    pause.reset()
            await pause.wait()
            try:
                await self.start()
            except BrokerNotStartedError as error:
                log.error("no egress broker", error=str(error), again_in_s=pause.next_s)  # noqa: TRY400  # its text says all

    async def _run(self, process: BrokerProcess) -> None:
        try:
            await process.run()
        finally:
            self._is_running.clear()
            self._process = None
            await process.end()
        log.warning("the egress broker ended and is started again", pid=process.pid, **process.how_it_ended())

    def _note_exhausted(self, why: str) -> None:
        """One line in a while: every call fails now."""
        if self._exhausted.passed():
            self._exhausted = Deadline.after(LOGGED_EACH_S)
            log.error("the egress broker cannot make calls", pid=self.pid, why=why)


class ClosedBroker(EgressBroker):
    """Makes no call, and has no process that could: for replays."""

    def __init__(self) -> None:
        super().__init__(Start(), program=())

    async def fetch(
        self,
        *,
        tenant: str,  # noqa: ARG002  # as those of every call
        allow_hosts: Iterable[str],  # noqa: ARG002  # the same
        request: OutboundRequest,  # noqa: ARG002  # the same
        deadline: Deadline,  # noqa: ARG002  # the same
        rule: str = "",  # noqa: ARG002  # the same
    ) -> Fetched:
        """Refuse.

        Raises:
            EgressDenied: always.
        """
        raise EgressDenied("nothing leaves a replay")


@asynccontextmanager
async def open_egress(
    *,
    allow_private: Sequence[str] = (),
    hosts_file: str | None = None,
    ca_file: str | None = None,
    without: tuple[KernelLayer, ...] = (),
    landlock_abi: int | None = None,
    program: Sequence[str] = PROGRAM,
) -> AsyncIterator[EgressBroker]:
    """A broker that is running and kept so; at the end its process is gone.

    It is contained without the layers of *without*, which this kernel lacks, and with no newer Landlock than
    *landlock_abi*, if that is given.

    Raises:
        BrokerNotStartedError: it cannot work with this configuration, or on this machine; the text says why.
    """
    start = Start(
        allow_private=tuple(allow_private),
        hosts_file=hosts_file,
        ca_file=ca_file,
        without=without,
        landlock_abi=landlock_abi,
    )
    broker = EgressBroker(start, program)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(broker.close)
        await broker.start()
        keeping = asyncio.create_task(broker.keep())
        stack.push_async_callback(cancel, [keeping])
        yield broker
