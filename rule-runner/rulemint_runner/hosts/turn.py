"""One invocation of a rule for a host to run: what it is sent, what it may ask for, and who hears of its end."""

from __future__ import annotations

from typing import NamedTuple

from rulemint_runner.hosts.circuit_breaker import Admission
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host_limits import HostProgram
from rulemint_runner.hosts.pause import Caller
from rulemint_runner.hosts.wire import frames
from rulemint_runner.hosts.wire.frames import (
    CacheChanged,
    Call,
    Line,
    Load,
    Noted,
    Reply,
    Run,
    StorageGet,
    StorageSet,
    Stored,
    Traced,
)
from rulemint_runner.hosts.wire.packets import packets_of
from rulemint_shared.contract.load_messages import LOAD_WITHIN_S
from rulemint_shared.contract.messages import FailureReason, HostStart
from rulemint_shared.deadline import Deadline

Answer = frames.Returned | frames.Refused | frames.Threw | frames.BadReturn
NOBODY = Caller("")


class Seeds(NamedTuple):
    """By what a host is as it is: another that is started by the same has drawn the same."""

    hash: int = 0
    """Its engine hashes texts by it, so that its sets have one order; 0: the engine takes none."""
    load: int = 0
    """Its rule drew by it while it was loaded."""
    load_now_ms: float = 0.0
    """Its rule's clock said so then."""
    load_drawn: tuple[bytes, ...] = ()
    """The random bytes that it drew from its machine until then, as far as it told."""
    load_drew_more: bool = False


class Place(NamedTuple):
    """The host that comes to a turn."""

    number: int
    """Of all hosts that this runner has started, from 1."""
    first_start: HostStart
    """The way in which it was started, for its first turn."""


class Turn:
    """One invocation, from when it waits for a host until it has its end, of which it hears exactly once.

    To run rules, make a subclass of it. A method that is left out stands for what there is not.
    """

    def __init__(
        self, number: int, *, deadline: Deadline, timeout_s: float, caller: Caller = NOBODY, began_late: bool = False
    ) -> None:
        """At *deadline* its request is to be answered; it may run for *timeout_s*.

        *began_late*: most of the request's time had passed before its rules ran, so that none is to blame for the rest.
        """
        self.number = number
        self.deadline = deadline
        self.caller = caller
        self.yields = False
        """True: its host gets a processor only where nobody else wants one."""
        self.admission: Admission | None = None
        """By which it is under way."""
        self.seeds = Seeds()
        """Of the host that it runs in."""
        self.until = deadline
        """Until when the rule has to answer, once it runs."""
        self.was_spared = False
        """A host has ended before it came to this one, and nobody else was to blame."""
        self.load_within_s = LOAD_WITHIN_S
        """So long a host may take to become its rule."""
        self.is_loading = False
        """A host that was started for it becomes its rule."""
        self.place: Place | None = None
        """The host that came to it; None: none has."""
        self.runs_before = 0
        """Turns that this host had come to before."""
        self.began_s = 0.0
        """The time at which it came to it, on the monotonic clock."""
        self._timeout_s = timeout_s
        self._began_late = began_late
        self._packets: tuple[bytes, ...] | None = None

    def packets(self) -> tuple[bytes, ...]:
        """Return the packets that its host is sent."""
        if self._packets is None:
            self._packets = packets_of(self.frame())
        return self._packets

    def forget_packets(self) -> None:
        """Make them anew when it is sent, because the time that they tell would be past."""
        self._packets = None

    def begin(self, _pid: int) -> None:
        """The host with this process comes to it: its time begins."""
        self.until = self.deadline.earlier(self._timeout_s)

    def overdue(self) -> FailureReason:
        """Say why it has failed, if there is no answer by then."""
        is_cut_short = self._began_late and self.until is self.deadline
        return FailureReason.LATE if is_cut_short else FailureReason.TIMEOUT

    def why_overdue(self) -> str:
        """The same in words for the rule's author."""
        if self.overdue() is FailureReason.LATE:
            return "most of the request's time had passed before its rules ran"
        if self.until is self.deadline or self._timeout_s == float("inf"):
            return "the rule did not answer before the request's deadline"
        return f"the rule did not answer within its timeout_s, which is {self._timeout_s:g} s"

    def answer(self, answer: Answer) -> None:
        """It has ended with *answer*."""
        self._leave()
        self.answered(answer)

    def fail(self, error: HostEndedError | RuleNotLoadedError) -> None:
        """It has ended without an answer."""
        self._leave()
        self.failed(error)

    def _leave(self) -> None:
        if self.admission is not None:
            self.admission.end()
            self.admission = None

    # ---- what it is ----

    def program(self) -> HostProgram:
        """Return the program that a host of its rule executes."""
        raise NotImplementedError

    async def load(self) -> Load:
        """Make the frame that turns a host into its rule. Lines that the rule writes until then are lines of this turn.

        Raises:
            HostEndedError: a part of it cannot be had.
        """
        raise NotImplementedError

    async def bring_cache(self) -> None:
        """Find what its rule's cache holds, which its frame is to bring."""

    def frame(self) -> Run:
        """Make the frame that its host is sent, with its number."""
        raise NotImplementedError

    # ---- what its rule does ----

    def take_line(self, line: Line) -> None:
        """The rule wrote *line*."""

    async def fetch(self, call: Call) -> Reply:
        """Make *call*. Each failure is in the reply."""
        return Reply(id=call.id, error="there are no calls here")

    async def storage(self, asked: StorageGet | StorageSet) -> Stored:
        """Read or write the rule's document. Each failure is in the answer."""
        return Stored(id=asked.id, error="there is no storage here")

    def cache_changed(self, changes: CacheChanged) -> None:
        """The action has done this to its cache."""

    def noted(self, draw: Noted) -> None:
        """Its host drew this from its machine."""

    def traced(self, traced: Traced) -> None:
        """Hear what its host, which explains, has seen of it."""

    # ---- its end ----

    def answered(self, answer: Answer) -> None:
        """The rule has answered; lines that it writes before its host is idle may follow."""

    def failed(self, error: HostEndedError | RuleNotLoadedError) -> None:
        """There is no answer, and will be none."""
