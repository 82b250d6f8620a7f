"""One host: a contained process that becomes one rule version and runs its invocations, one after the other.

Theory of operation. A host has three socket pairs: frames come at its descriptor 0 and leave at 1, and 2 is where its
engine complains. It starts blank and says `Ready`; it is sent one `Load`, then a `Run` for each invocation. Several may
wait in its socket, and it reads one when it is ready for it (`pipe`). During a run it may send `Line`s, `Call`s and
what it keeps, then exactly one answer, then `Idle`. Its answer, the deadline, or the process's end decides an
invocation, whichever comes first; after the deadline or a frame that may not come now, the host is killed. What it had
not begun goes to another. A host that has ended is never revived.

Every frame that comes of a run bears its number. Lines that an invocation writes after its answer are its own until the
host is idle. After that its lines are counted, and its calls are refused.

All of a process's life stands in one class, because what may come depends on what came before.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from rulemint_runner.hosts.engine_words import PLACE_WITHIN_S, has_run_out, place_in
from rulemint_runner.hosts.errors import HostEndedError, more_than_memory
from rulemint_runner.hosts.host_limits import HostProgram
from rulemint_runner.hosts.loading import Loading, explained, not_loaded
from rulemint_runner.hosts.pipe import OVERDUE, Pipe, ignore_line
from rulemint_runner.hosts.turn import Seeds, Turn
from rulemint_runner.hosts.usage import Usage
from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.channel import Channel, EngineText
from rulemint_runner.hosts.wire.frames import Call, Line, Loaded, Noted, NotLoaded, StorageGet, StorageSet
from rulemint_runner.sandbox.priority import Priority, lower_priority
from rulemint_runner.sandbox.sandbox import SPAWNER_DIED, SandboxedProcess, describe_exit
from rulemint_runner.sandbox.turns import give_usual_turns
from rulemint_shared.contract.messages import FailureReason, HostStart
from rulemint_shared.deadline import Deadline

log = structlog.get_logger(__name__)

START_TIMEOUT_S = 10.0
HUNG_UP_GRACE_S = 0.25
CLOCK_STANDS = "; it computed, and a rule's clock does not move while it computes"
"""Said of a rule whose time was up: it may have waited for its own clock."""

OnLine = Callable[[Line], None]


class Host:
    """One host process. Make it with `start_host`."""

    def __init__(
        self,
        process: SandboxedProcess,
        channel: Channel,
        engine_text: EngineText,
        *,
        program: HostProgram,
        priority: Priority = Priority.USUAL,
        hash_seed: int = 0,
    ) -> None:
        """*priority* and *hash_seed* are what the process was started with."""
        self.memory_mb = program.memory_mb
        """The MiB that its rule may have, as its author sees it."""
        self.max_private_bytes = program.max_private_bytes
        self._silent_shortage = program.silent_shortage
        self._tells_place_by = program.tells_place_by
        self.ended = asyncio.Event()
        """Set once the process has ended and everything it sent has been read."""
        self.priority = priority
        """The way in which it competes for the processor."""
        self.wants_cache = False
        """Its rule is to be given its cache."""
        self.started_s = asyncio.get_running_loop().time()
        self._process = process
        self._channel = channel
        self._engine_text = engine_text
        self.pipe = Pipe(process.pid, channel, self.kill, self.kill_overdue)
        """The turns that it was sent and has not done."""
        self.pipe.seeds = Seeds(hash_seed)
        self.count = self.pipe.count
        self._usage: Usage | None = None
        self._awaited: asyncio.Future[Any] | None = None
        self._paused = False
        self._processor_s = 0.0
        self._has_hung_up = False
        self._file = ""
        self._why_killed: HostEndedError | None = None
        self._watching = asyncio.get_running_loop().create_task(self._watch_end())

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Tell whether it has neither ended nor been killed, and is not about to end."""
        return self._why_killed is None and not self._has_hung_up

    @property
    def runs(self) -> int:
        """Invocations so far."""
        return self.pipe.runs

    @property
    def dropped_lines(self) -> int:
        """Lines that came too late for the log of their own invocation."""
        return self.pipe.dropped_lines

    async def ready(self) -> None:
        """Wait until it has started.

        Raises:
            HostEndedError: it did not. No rule had a part in that.
            OSError: no descriptor is left for the files by which it is watched; then it is ended.
        """
        why = f"a host did not get ready within {START_TIMEOUT_S:g} s"
        too_late = partial(self.kill, FailureReason.OVERLOADED, why)
        try:
            await self._await_frame(Deadline.after(START_TIMEOUT_S), frames.Ready, too_late=too_late)
        except HostEndedError as error:
            if error.reason is not FailureReason.CRASHED:
                raise
            raise HostEndedError(
                FailureReason.OVERLOADED, f"a host ended before it was ready: {error.detail}"
            ) from None
        if self.priority is Priority.USUAL:
            give_usual_turns(self.pid)
        try:
            self._usage = Usage(self.pid)
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just ended, and its next user will hear so
        except OSError:  # nobody could watch it
            self.kill(FailureReason.OVERLOADED, "the host could not be watched")
            raise

    async def load(self, load: frames.Load, deadline: Deadline, on_line: OnLine, *, is_known: bool = True) -> None:
        """Make it the rule of *load*, for good.

        A rule that *is known* and has a low priority has earned it.

        Raises:
            RuleNotLoadedError: the text is no rule.
            HostEndedError: it ended before *deadline*, or was ended at it. If the machine never let it load, that is
                `overloaded`, and not the rule's fault.
        """
        self.pipe.load_line = on_line
        self._file = load.file
        self.pipe.seeds = self.pipe.seeds._replace(load=load.seed, load_now_ms=load.now_ms)
        loading = Loading(
            load,
            self.pid,
            priority=self.priority,
            computed_s=self.processor_s(),
            within_s=round(deadline.remaining_s(), 1),
            is_known=is_known,
        )
        self._channel.write(load)
        try:
            answer = await self._await_frame(
                deadline,
                Loaded,
                NotLoaded,
                too_late=lambda: self.kill_overdue(*loading.why_too_late(self.processor_s())),
            )
        except HostEndedError as error:
            raise explained(error) from error
        self.pipe.load_line = ignore_line
        if isinstance(answer, NotLoaded):
            self.kill(FailureReason.SYNTAX, "the rule was not loaded")
            raise not_loaded(answer, self.memory_mb)
        self.wants_cache = answer.wants_cache
        self.pipe.seeds = self.pipe.seeds._replace(load_drawn=tuple(answer.drawn), load_drew_more=answer.drew_more)

    def send(self, turn: Turn) -> bool:
        """Send it *turn*; False if that has to wait until it is idle.

        Raises:
            HostEndedError: it has ended.
        """
        if self._why_killed is not None:
            raise self._why_killed
        return self.pipe.send(turn)

    def was_spare(self) -> None:
        """It was started before anybody wanted it."""
        self.pipe.place = self.pipe.place._replace(first_start=HostStart.SPARE)

    async def idle(self) -> bool:
        """Wait until it has nothing to do; False if it never will have."""
        await self.pipe.idle.wait()
        return self.usable

    def pause(self) -> None:
        """Stop the process."""
        self._paused = True
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the process go on, if it was paused."""
        if self._paused:
            self._paused = False
            self._process.send_signal(signal.SIGCONT)

    def lower_priority(self, priority: Priority) -> None:
        """Let other processes go first from now on; there is no way back."""
        if priority < self.priority:
            self.priority = priority
            lower_priority(self.pid, priority)

    def private_bytes(self) -> int:
        """Measure the memory that the process has for itself; 0 once it has ended."""
        return 0 if self._usage is None else self._usage.private_bytes()

    def processor_s(self) -> float:
        """Measure the processor time that the process has used; the last measurement, once it has ended."""
        if self._usage is not None:
            self._processor_s = max(self._processor_s, self._usage.processor_s())
        return self._processor_s

    def clock_s(self) -> float:
        """Read the clock of that time, of a host that has not ended: it is exact, and cheap to read."""
        return 0.0 if self._usage is None else self._usage.clock_s()

    def kill(self, reason: FailureReason, detail: str) -> None:
        """End it now, and tell all who wait why. The first reason stands."""
        if self._why_killed is None:
            self._why_killed = HostEndedError(reason, detail)
        if not self.ended.is_set():
            self._process.send_signal(signal.SIGKILL)
        self._end(self._why_killed)

    def kill_overdue(self, reason: FailureReason, detail: str) -> None:
        """As `kill`, as soon as its engine has said where in the rule it is, if it can. It is not heard any more."""
        hint = CLOCK_STANDS if self._usage is not None and self._usage.is_computing() else ""
        if reason is not FailureReason.TIMEOUT or self._tells_place_by is None or not self.usable:
            self.kill(reason, f"{detail}{hint}" if reason is FailureReason.TIMEOUT else detail)
            return
        self._why_killed = why = HostEndedError(reason, detail)
        self._engine_text.on_text = partial(self._kill_at_place, why, hint)
        asyncio.get_running_loop().call_later(PLACE_WITHIN_S, self._kill_at_place, why, hint, "")
        self.resume()
        self._process.send_signal(self._tells_place_by)

    def _kill_at_place(self, why: HostEndedError, hint: str, unknown: str | None = None) -> None:
        """End it by *why* with a *hint*, if its engine has told the place, or that is *unknown*."""
        place = place_in(self._engine_text.text, self._file)
        if self._why_killed is not why or (place is None and unknown is None):
            return
        self._engine_text.on_text = None
        detail = f"{why.detail}; it was at {place}" if place else why.detail
        self._why_killed = None
        self.kill(why.reason, f"{detail}{hint}")

    def take(self, frame: frames.FromHost) -> None:
        """Act on a frame that arrived."""
        if self._why_killed is not None:
            return
        if self._awaited is None or isinstance(frame, Line | Call | StorageGet | StorageSet | Noted):
            self.pipe.take(frame)
        elif not self._awaited.done():
            self._awaited.set_result(frame)
        else:
            self.kill(FailureReason.CRASHED, f"the host sent {type(frame).__name__} unasked")

    def hung_up(self) -> None:
        """It closed its channel: either it is ending, and we shall hear how, or it is made to."""
        self._has_hung_up = True
        asyncio.get_running_loop().call_later(
            HUNG_UP_GRACE_S, self.kill, FailureReason.CRASHED, "the host closed its channel"
        )

    def _too_late(self) -> None:
        self.kill(FailureReason.TIMEOUT, OVERDUE[FailureReason.TIMEOUT])

    async def _await_frame(self, deadline: Deadline, *wanted: type, too_late: Callable[[], None] | None = None) -> Any:
        if self._why_killed is not None:
            raise self._why_killed
        loop = asyncio.get_running_loop()
        awaited = self._awaited = loop.create_future()
        late = loop.call_later(max(0.0, deadline.remaining_s()), too_late or self._too_late)
        try:
            frame = await awaited
        except asyncio.CancelledError:
            self.kill(FailureReason.INTERRUPTED, "the runner stopped")
            raise
        finally:
            late.cancel()
            self._awaited = None
        if not isinstance(frame, wanted):
            self.kill(FailureReason.CRASHED, f"the host sent {type(frame).__name__} out of turn")
            raise self._why()
        return frame

    async def _watch_end(self) -> None:
        """Wait for the process to be reaped, then tell all who wait how it ended."""
        try:
            status = await self._process.exited
            await self._engine_text.closed.wait()
            await self._channel.read_to_its_end()
        except asyncio.CancelledError:  # the runner ends first, and nothing of the host may stay open
            self.kill(FailureReason.INTERRUPTED, "the runner stopped")
            self._engine_text.abort()
            self._close()
            raise
        ran_out = has_run_out(self._engine_text.text, status, self._silent_shortage)
        reason = FailureReason.OUT_OF_MEMORY if ran_out else FailureReason.CRASHED
        if status == SPAWNER_DIED:
            reason = FailureReason.INTERRUPTED
        if self._why_killed is None or (ran_out and self._why_killed.reason is FailureReason.CRASHED):
            why = (
                describe_exit(status) if reason is not FailureReason.OUT_OF_MEMORY else more_than_memory(self.memory_mb)
            )
            self._why_killed = HostEndedError(reason, why)
            log.info(
                "a host ended",
                pid=self.pid,
                how=describe_exit(status),
                reason=reason,
                engine=self._engine_text.shown(),
            )
        if self.dropped_lines:
            log.info("lines of ended invocations were dropped", pid=self.pid, lines=self.dropped_lines)
        self._end(self._why_killed)
        self._close()
        self.ended.set()

    def _close(self) -> None:
        """Let go of what names the process."""
        self._process.close()
        if self._usage is not None:
            self._usage.close()
            self._usage = None

    def _end(self, why: HostEndedError) -> None:
        """Nothing is read of it or sent to it any more; those who wait for it hear *why*."""
        self.pipe.end(why)
        self._channel.abort()
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(why)

    def _why(self) -> HostEndedError:
        return self._why_killed or HostEndedError(FailureReason.CRASHED, "the host has ended")
