"""One host: a contained process that becomes one rule version and runs its invocations, one after the other.

Theory of operation. A host has three socket pairs: frames come at its descriptor 0 and leave at 1, and 2 is where its
engine complains. It starts blank and says `Ready`; it is sent one `Load`, then one `Run` at a time. During a
run it may send `Line`s, `Call`s and what it keeps, then exactly one answer, then `Idle`. Whoever runs an invocation
waits for its answer, for the deadline, or for the process's end, and whichever comes first decides; after the deadline
or a frame that may not come now, the host is killed. A host that has ended is never revived.

Every frame that comes of a run bears its number. What an invocation left behind and says after its answer is its own
until the host is idle; after that its lines are counted, and what it asks for is refused.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from rulemint_runner.hosts import frames
from rulemint_runner.hosts.channel import Channel, EngineText
from rulemint_runner.hosts.frames import CacheChanged, Call, Idle, Line, Loaded, NotLoaded, StorageGet, StorageSet
from rulemint_runner.hosts.outbound import Fetch, OutboundCalls
from rulemint_runner.hosts.pause import Pause
from rulemint_runner.hosts.state_calls import NO_STATE, State, StateCalls
from rulemint_runner.hosts.usage import ProcessorTurns, Usage
from rulemint_runner.sandbox.priority import Priority, lower_priority
from rulemint_runner.sandbox.sandbox import SPAWNER_DIED, SandboxedProcess, describe_exit
from rulemint_runner.sandbox.turns import give_usual_turns
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import FailureReason

log = structlog.get_logger(__name__)

START_TIMEOUT_S = 10.0
IDLE_TIMEOUT_S = 1.0
"""How long after its answer a host may take to be idle again."""
COMPUTED_ENOUGH_S = 0.1
"""A rule that had so much processor time, and has not loaded, does not load."""
HUNG_UP_GRACE_S = 0.25
MAX_BYTES_PER_RUN = 4 * 1024 * 1024
"""All frames together: reading them must not take the runner from others."""
MAX_LINE_CHARACTERS_PER_RUN = 1024 * 1024
"""Four times what is kept of a log."""
_OVERDUE = {
    FailureReason.TIMEOUT: "the rule did not answer in time",
    FailureReason.LATE: "most of the request's time had passed before its rules ran",
}
_OUT_OF_MEMORY = (b"out of memory", b"MemoryError", b"memory allocation of")

Answer = frames.Returned | frames.Refused | frames.Threw | frames.BadReturn
OnLine = Callable[[Line], None]


class HostEndedError(Exception):
    """The host ended, or was ended, before it had answered."""

    def __init__(self, reason: FailureReason, detail: str, *, pause: Pause | None = None) -> None:
        """*pause*: what the rule does now."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.pause = pause


class RuleNotLoadedError(Exception):
    """The rule's text cannot be run; *text* has its file, line and message."""

    def __init__(self, reason: FailureReason, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.pause: Pause | None = None


class Host:
    """One host process. Make it with `start_host`."""

    def __init__(
        self,
        process: SandboxedProcess,
        channel: Channel,
        engine_text: EngineText,
        *,
        max_private_bytes: int,
        priority: Priority = Priority.USUAL,
    ) -> None:
        """*priority* is what the process was started with."""
        self.max_private_bytes = max_private_bytes
        self.ended = asyncio.Event()
        """Set once the process has ended and everything it sent has been read."""
        self.runs = 0
        """Invocations so far."""
        self.took_ms = 0.0
        """How long it says that its last invocation took."""
        self.priority = priority
        """How it competes for the processor."""
        self.dropped_lines = 0
        """Lines that came too late for the log of their own invocation."""
        self.wants_cache = False
        """Whether its rule is to be given its cache."""
        self.started_s = asyncio.get_running_loop().time()
        self._process = process
        self._channel = channel
        self._engine_text = engine_text
        self._outbound = OutboundCalls(channel)
        self._state_calls = StateCalls(channel)
        self._usage: Usage | None = None
        self._awaited: asyncio.Future[Any] | None = None
        self._on_line: OnLine = _ignore_line
        self._idle = asyncio.Event()
        self._paused = False
        self._processor_s = 0.0
        self._bytes_this_run = 0
        self._characters_this_run = 0
        self._number = 0
        self._has_hung_up = False
        self._why_killed: HostEndedError | None = None
        self._watching = asyncio.get_running_loop().create_task(self._watch_end())

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it has neither ended nor been killed, and is not about to end."""
        return self._why_killed is None and not self._has_hung_up

    @property
    def is_idle(self) -> bool:
        """Whether it can take an invocation now."""
        return self._idle.is_set() and self.usable

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
            pass  # it has just ended: whoever uses it next will hear so
        except OSError:  # nobody could watch it
            self.kill(FailureReason.OVERLOADED, "the host could not be watched")
            raise

    async def load(self, load: frames.Load, deadline: Deadline, on_line: OnLine) -> None:
        """Make it the rule of *load*, for good.

        Raises:
            RuleNotLoadedError: the text is no rule.
            HostEndedError: it ended before *deadline*, or was ended at it. If the machine never let it load, that is
                `overloaded`, and not the rule's fault.
        """
        self._on_line = on_line
        began_s, turns = self.processor_s(), ProcessorTurns(self.pid)
        self._channel.write(load)
        answer = await self._await_frame(
            deadline, Loaded, NotLoaded, too_late=lambda: self._loads_too_late(turns, self.processor_s() - began_s)
        )
        self._on_line = _ignore_line
        if isinstance(answer, NotLoaded):
            self.kill(FailureReason.SYNTAX, "the rule was not loaded")
            raise RuleNotLoadedError(FailureReason(answer.kind), answer.text)
        self.wants_cache = answer.wants_cache
        self._idle.set()

    async def run(
        self,
        run: frames.Run,
        deadline: Deadline,
        on_line: OnLine,
        fetch: Fetch,
        state: State = NO_STATE,
        *,
        overdue: FailureReason = FailureReason.TIMEOUT,
    ) -> Answer:
        """What the rule answers to *run*; every line that it wrote until then has been given to *on_line*.

        Those that it writes before the host is idle follow. Its outbound calls go through *fetch*; those that it did
        not wait for are cancelled. *state* is what it keeps. *overdue* is why it has failed at *deadline*.

        Raises:
            HostEndedError: it ended before *deadline*, or was ended at it.
        """
        self._idle.clear()
        self._bytes_this_run = 0
        self._characters_this_run = 0
        self._number = run.n
        self.runs += 1
        self._on_line = on_line
        self._outbound.open(fetch, run.n)
        self._state_calls.open(state, run.n)
        self._channel.write(run)
        try:
            answers = (frames.Returned, frames.Refused, frames.Threw, frames.BadReturn)
            too_late = partial(self.kill, overdue, _OVERDUE[overdue])
            answer = await self._await_frame(deadline, *answers, too_late=too_late)
        finally:
            self._outbound.close()
            self._state_calls.close()
        if answer.n != self._number:
            self.kill(FailureReason.CRASHED, "the host answered another invocation")
            raise self._why()
        return answer  # type: ignore[no-any-return]  # one of the four types above

    async def idle(self) -> bool:
        """Wait until it can take the next invocation; False if it never will."""
        try:
            async with asyncio.timeout(IDLE_TIMEOUT_S):
                await self._idle.wait()
        except TimeoutError:
            self.kill(FailureReason.TIMEOUT, "the rule went on after its answer")
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
        """How much memory the process has for itself; 0 once it has ended."""
        return 0 if self._usage is None else self._usage.private_bytes()

    def processor_s(self) -> float:
        """How much processor time the process has used; what was last seen of it, once it has ended."""
        if self._usage is not None:
            self._processor_s = max(self._processor_s, self._usage.processor_s())
        return self._processor_s

    def kill(self, reason: FailureReason, detail: str) -> None:
        """End it now; whoever waits for it hears why. The first reason stands."""
        if self._why_killed is None:
            self._why_killed = HostEndedError(reason, detail)
        if not self.ended.is_set():
            self._process.send_signal(signal.SIGKILL)
        self._channel.abort()
        self._fail(self._why_killed)

    def count(self, size: int) -> None:
        """Note that *size* bytes arrived; too many in one invocation end it."""
        self._bytes_this_run += size
        if self._bytes_this_run > MAX_BYTES_PER_RUN:
            self.kill(FailureReason.OUTPUT_FLOOD, f"more than {MAX_BYTES_PER_RUN} bytes in one invocation")

    def take(self, frame: frames.FromHost) -> None:
        """Act on a frame that arrived."""
        if self._why_killed is not None:
            return
        if isinstance(frame, Line):
            self._take_line(frame)
        elif isinstance(frame, Call):
            self._outbound.take(frame)
        elif isinstance(frame, StorageGet | StorageSet | CacheChanged):
            self._state_calls.take(frame)
        elif isinstance(frame, Idle):
            self._take_idle(frame)
        elif self._awaited is not None and not self._awaited.done():
            self._state_calls.close()  # at once: the next frame may be here already
            self._awaited.set_result(frame)
        else:
            self.kill(FailureReason.CRASHED, f"the host sent {type(frame).__name__} unasked")

    def _take_idle(self, idle: Idle) -> None:
        is_awaited = self._awaited is not None and not self._awaited.done()
        if idle.n != self._number or is_awaited or self._idle.is_set():
            self.kill(FailureReason.CRASHED, "the host was idle out of turn")
            return
        self.took_ms = idle.took_ms
        self.dropped_lines += idle.dropped
        self._on_line = _ignore_line
        self._idle.set()

    def _take_line(self, line: Line) -> None:
        if line.n not in {0, self._number}:
            self.dropped_lines += 1
            return
        self._characters_this_run += len(line.text)
        if self._characters_this_run > MAX_LINE_CHARACTERS_PER_RUN:
            self.kill(FailureReason.OUTPUT_FLOOD, f"more than {MAX_LINE_CHARACTERS_PER_RUN} characters of log")
        else:
            self._on_line(line)

    def hung_up(self) -> None:
        """It closed its channel: either it is ending, and we shall hear how, or it is made to."""
        self._has_hung_up = True
        asyncio.get_running_loop().call_later(
            HUNG_UP_GRACE_S, self.kill, FailureReason.CRASHED, "the host closed its channel"
        )

    def _loads_too_late(self, turns: ProcessorTurns, computed_s: float) -> None:
        """One that stands back has been ended before, so it waits for its turn by its own fault."""
        if self.priority is Priority.USUAL and computed_s < COMPUTED_ENOUGH_S and turns.were_denied():
            self.kill(FailureReason.OVERLOADED, "the machine did not let the host load the rule")
        else:
            self._too_late()

    def _too_late(self) -> None:
        self.kill(FailureReason.TIMEOUT, _OVERDUE[FailureReason.TIMEOUT])

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
        """Wait for the process to be reaped, then tell whoever waits how it ended."""
        status = await self._process.exited
        await self._engine_text.closed.wait()
        ran_out = any(mark in self._engine_text.text for mark in _OUT_OF_MEMORY)
        reason = FailureReason.OUT_OF_MEMORY if ran_out else FailureReason.CRASHED
        if status == SPAWNER_DIED:
            reason = FailureReason.INTERRUPTED
        if self._why_killed is None or (ran_out and self._why_killed.reason is FailureReason.CRASHED):
            self._why_killed = HostEndedError(reason, describe_exit(status))
            log.info(
                "a host ended",
                pid=self.pid,
                how=describe_exit(status),
                reason=reason,
                engine=self._engine_text.shown(),
            )
        if self.dropped_lines:
            log.info("lines of ended invocations were dropped", pid=self.pid, lines=self.dropped_lines)
        self._on_line = _ignore_line
        self._channel.abort()
        self._fail(self._why_killed)
        self._idle.set()
        self._process.close()
        if self._usage is not None:
            self._usage.close()
            self._usage = None
        self.ended.set()

    def _fail(self, why: HostEndedError) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(why)

    def _why(self) -> HostEndedError:
        return self._why_killed or HostEndedError(FailureReason.CRASHED, "the host has ended")


def _ignore_line(_line: Line) -> None:
    """A line outside of any invocation belongs to nobody."""
