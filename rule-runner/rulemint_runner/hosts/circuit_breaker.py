"""Pause a rule for the clients that keep ending its hosts, so that their requests do not use up hosts.

Theory of operation. It counts by rule and client first. Each client of a rule has a level, as a leaky bucket has. An
ending raises it by one, an answer lowers it by a tenth, and it falls by one in half a minute. Above the limit the rule
pauses for that client. Other clients' requests go on. If several clients fail within a pause or half a minute, the rule
pauses for all. Ten answers make up for one of these clients. A rule whose text cannot be loaded pauses for all, too.

After a pause one invocation goes ahead alone. If its host ends too, the next pause is twice as long. After a pause for
all, clients that did not cause it may try first. A rule that only waited pauses half a minute at most, because waiting
costs little. A rule that computed until it was ended pauses longer, by the time that it computed.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.pause import Caller, Failure, Pause, why_of
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.messages import MAX_PAUSE_MS, FailureReason
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.memory import FairMemory

FAILURES = 3
"""So many of one client, one soon after the other, are too many: each costs processor time that others would have."""
CLIENTS = 3
"""So many that fail at the same time say that it is the rule."""
FORGOTTEN_AFTER_S = 30.0
"""Each failure, if nothing else happens."""
ANSWERS_FOR_A_FAILURE = 10
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 30.0
PAUSE_FOR_COST = 300
"""For what an ended invocation computed, so many times as long: a third of a percent of a processor."""
LONGEST_COSTLY_PAUSE_S = MAX_PAUSE_MS / 1000
TRIAL_S = 0.5
"""The time for which clients that meet a trial are told to stay away. The trial's end decides."""
HEAD_START_S = 2.0
"""For so long after a pause for all it is tried by clients that it was not for."""
_REMEMBERED_RULES, _REMEMBERED_CLIENTS = 1_000, 10_000
_COUNTED = {
    FailureReason.TIMEOUT,
    FailureReason.CRASHED,
    FailureReason.OUT_OF_MEMORY,
    FailureReason.OUTPUT_FLOOD,
    FailureReason.SYNTAX,
    FailureReason.EXCEPTION,
}


@dataclass(eq=False)
class _Pausing:
    """The pause of a client or a rule, and the trial after it."""

    resumed_ms: int = 0
    until: Deadline | None = None
    whole_s: float = 0.0
    pauses: int = 0
    trying: bool = False
    failures: deque[Failure] = field(default_factory=lambda: deque(maxlen=FAILURES))

    def pause(self, *, computed_s: float) -> None:
        """Begin a pause, unless there is one already."""
        if self.left_s() > 0:
            return
        usual_s = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self.pauses, 10))
        self.whole_s = max(usual_s, min(LONGEST_COSTLY_PAUSE_S, computed_s * PAUSE_FOR_COST))
        self.until = Deadline.after(self.whole_s)
        self.pauses += 1
        self.trying = False

    def left_s(self) -> float:
        """For how much longer it pauses."""
        return 0.0 if self.until is None else max(0.0, self.until.remaining_s())

    def as_of(self, left_s: float, *, for_all: bool, longer: bool = False) -> Pause | None:
        """The pause with *left_s* to go; None if that is nothing."""
        if left_s <= 0:
            return None
        return Pause(max(left_s, TRIAL_S), self.whole_s, why_of(self.failures), for_all=for_all, longer=longer)


@dataclass(eq=False)
class _OfClient(_Pausing):
    """The recent history of one client's use of a rule."""

    level: float = 0.0
    as_of_s: float = 0.0
    last_ended: bool = True
    """Its last invocation ended its host."""

    def met(self) -> Pause | None:
        """The pause that a request of the client meets; None if there is none, or it is over and nobody tries."""
        return self.as_of(TRIAL_S if self.trying else self.left_s(), for_all=False)

    def change(self, by: float) -> None:
        """Let the level leak, then change it; it never gets so high that half a minute would not help."""
        now_s = time.monotonic()
        leaked = max(0.0, self.level - (now_s - self.as_of_s) / FORGOTTEN_AFTER_S)
        self.level, self.as_of_s = min(float(FAILURES), max(0.0, leaked + by)), now_s


@dataclass(eq=False)
class _OfRule(_Pausing):
    """The recent history of a rule, by all its clients."""

    failing: OrderedDict[Hashable, Deadline] = field(default_factory=OrderedDict)
    """A client that fails → until when it counts. A load that failed is one, too."""
    paused_for: frozenset[Hashable] = frozenset()
    """Those that failed before the last pause."""
    answers: int = 0
    """Of those that make up for a client."""
    last_ended: bool = False
    """Its last invocation ended its host."""
    remembered: Deadline = field(default_factory=lambda: Deadline.after(0.0))

    def failed(self, who: Hashable, failure: Failure, *, for_s: float, computed_s: float) -> None:
        """Note that *who* fails. It counts for half a minute, or *for_s* if that is longer."""
        self.last_ended = True
        self.failures.append(failure)
        self.remembered = Deadline.after(FAILURES * FORGOTTEN_AFTER_S)
        self.failing[who] = Deadline.after(max(for_s, FORGOTTEN_AFTER_S))
        self.failing.move_to_end(who)
        for each, until in list(self.failing.items()):
            if until.passed() or len(self.failing) > CLIENTS:
                del self.failing[each]
        # A trial that fails for a client that did not cause the pause says that it is still the rule.
        if self.left_s() == 0 and (len(self.failing) >= CLIENTS or (self.trying and who not in self.paused_for)):
            self.pause(computed_s=computed_s)
            self.paused_for = frozenset(self.failing)
            self.failing.clear()

    def met_by(self, client: Hashable) -> Pause | None:
        """The pause that a request of *client* meets: a little longer for those that it came from."""
        if self.until is None or self.trying:
            return self.as_of(TRIAL_S if self.trying else 0.0, for_all=True)
        longer = client in self.paused_for
        left_s = self.until.remaining_s() + (HEAD_START_S if longer else 0.0)
        return self.as_of(left_s, for_all=True, longer=longer)

    def answered(self) -> None:
        """Somebody's request was answered."""
        self.answers = self.answers + 1 if self.failing else 0
        if self.answers >= ANSWERS_FOR_A_FAILURE:
            self.answers = 0
            self.failing.popitem(last=False)


class Admission:
    """One invocation that is to run."""

    __slots__ = ("_authority", "_breaker", "_caller", "_tried")

    def __init__(self, breaker: CircuitBreaker, authority: Authority, caller: Caller) -> None:
        self._breaker = breaker
        self._authority = authority
        self._caller = caller
        self._tried: Sequence[_Pausing] = ()
        """The pauses that are over, which it tries."""

    def begin(self) -> None:
        """It is under way from now on, until `end`.

        Raises:
            HostEndedError: the rule pauses.
        """
        known = self.check_again()
        if known is not NOTHING:
            self._tried = [pausing for pausing in known if pausing is not None and pausing.until is not None]
            for pausing in self._tried:
                pausing.trying = True

    def end(self) -> None:
        """It is over."""
        for pausing in self._tried:
            pausing.trying = False

    def check_again(self) -> tuple[_OfRule | None, _OfClient | None]:
        """Ask once more after a wait for a host, because a pause may have begun. Return what is known.

        Raises:
            HostEndedError: it is paused.
        """
        known = self._breaker.known(self._authority, self._caller)
        if known is NOTHING:
            return known
        rule, client = known
        pause = None
        if rule is not None and rule not in self._tried:
            pause = rule.met_by(self._caller.client)
        if pause is None and client is not None and client not in self._tried:
            pause = client.met()
        if pause is not None:
            raise HostEndedError(FailureReason.OVERLOADED, "the rule pauses", pause=pause)
        return known


NOTHING: tuple[None, None] = (None, None)
"""The history of a rule that has not failed lately."""


class CircuitBreaker:
    """Remembers who failed; knows nothing of hosts."""

    def __init__(self) -> None:
        self._rules: FairMemory[Authority, _OfRule] = FairMemory(_REMEMBERED_RULES)
        self._clients: FairMemory[tuple[Authority, str], _OfClient] = FairMemory(_REMEMBERED_CLIENTS)

    def admission(self, authority: Authority, caller: Caller) -> Admission:
        """By what one invocation of *authority* for *caller* is under way."""
        return Admission(self, authority, caller)

    def priority(self, authority: Authority, caller: Caller) -> Priority:
        """Choose the priority of a host of *authority* for *caller*: low after one that has ended, idle after a pause.

        One client's requests do not count against another's.
        """
        rule, client = self.known(authority, caller)
        if rule is None:
            return Priority.USUAL
        if client is not None and client.last_ended:  # most likely it does the same again
            return Priority.IDLE if rule.pauses or client.pauses else Priority.LOW
        # One failing client says nothing of others' requests; that many do.
        if not rule.last_ended or len(rule.failing) < CLIENTS - 1:
            return Priority.USUAL
        return Priority.IDLE if rule.pauses else Priority.LOW

    def worked(self, authority: Authority, caller: Caller) -> None:
        """A host of *authority* has answered."""
        rule, client = self.known(authority, caller)
        if rule is not None:
            rule.last_ended = False
            rule.answered()
            if rule.trying:
                rule.until = None
            if rule.until is None and not rule.failing and rule.remembered.passed():
                self._rules.forget(authority.tenant, authority)
        if client is not None:
            client.last_ended = False
            client.change(-1 / ANSWERS_FOR_A_FAILURE)
            if client.trying:
                client.until = None
            if not client.level and client.until is None:
                self._clients.forget(authority.tenant, (authority, caller.client))

    def failed(
        self, authority: Authority, caller: Caller, failure: Failure, *, computed_s: float = 0.0
    ) -> Pause | None:
        """A host of *authority* has ended in an invocation for *caller*, having *computed_s*; the pause from now on."""
        if failure.reason not in _COUNTED:
            return None
        rule, client = self.known(authority, caller)
        if client is None:
            client = _OfClient(resumed_ms=max(caller.rule_resumed_ms, caller.client_resumed_ms))
        self._clients.put(authority.tenant, (authority, caller.client), client)
        client.last_ended = True
        client.failures.append(failure)
        client.change(+1)
        if client.level > FAILURES - 1:
            client.pause(computed_s=computed_s)
        rule = self._remembered(authority, caller, rule)
        rule.failed(caller.client, failure, for_s=client.left_s(), computed_s=computed_s)
        return rule.met_by(caller.client) if rule.left_s() else client.as_of(client.left_s(), for_all=False)

    def not_loaded(self, authority: Authority, caller: Caller, failure: Failure) -> Pause | None:
        """A rule could not be loaded, which is no caller's fault; the pause from now on."""
        if failure.reason not in _COUNTED:
            return None
        rule = self._remembered(authority, caller, self.known(authority, caller)[0])
        # No client caused it, so it counts like one more client that fails.
        rule.failed(object(), failure, for_s=0.0, computed_s=0.0)
        return rule.as_of(rule.left_s(), for_all=True)

    def known(self, authority: Authority, caller: Caller) -> tuple[_OfRule | None, _OfClient | None]:
        """Return what is remembered of the rule and of the caller's use of it, but for pauses that were ended."""
        tenant = authority.tenant
        if tenant not in self._rules.by_tenant and tenant not in self._clients.by_tenant:
            return NOTHING
        # What was before somebody ended the pauses does not count.
        of_client = authority, caller.client
        rule, client = self._rules.get(tenant, authority), self._clients.get(tenant, of_client)
        if rule is not None and caller.rule_resumed_ms > rule.resumed_ms:
            self._rules.forget(tenant, authority)
            rule = None
        if client is not None and max(caller.rule_resumed_ms, caller.client_resumed_ms) > client.resumed_ms:
            self._clients.forget(tenant, of_client)
            if rule is not None:
                rule.failing.pop(caller.client, None)
            client = None
        return rule, client

    def _remembered(self, authority: Authority, caller: Caller, rule: _OfRule | None) -> _OfRule:
        rule = rule or _OfRule(resumed_ms=caller.rule_resumed_ms)
        self._rules.put(authority.tenant, authority, rule)
        return rule
