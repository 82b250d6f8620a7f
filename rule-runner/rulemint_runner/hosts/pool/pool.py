"""The host pool: runs turns, each on a host of exactly its authority.

Theory of operation. Each authority has one queue of invocations, a stack of idle hosts, the most recently used on top,
and a session for each host that has something to do. What comes in one moment is looked at together: sessions that have
room take of it first, then idle hosts. A queue gets a first host at once. It gets another one whenever it has waited
for 10 ms and is more than the hosts of a quick rule soon take. One host starts at a time, up to the caps. So a rule
that computes stays on as many hosts as there are processors, and one that waits for something spreads. While a host
hangs in its start, others start. At the cap over all authorities, of number or of memory, the idle host that was used
least recently makes room. A running host is never taken from its invocation. No tenant gets more than its quota of busy
hosts. A process that computes while it is idle is stopped; one that has served for long is replaced.

All of it stands in one class, because each step counts the same hosts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.circuit_breaker import NOTHING, CircuitBreaker
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pause import Failure
from rulemint_runner.hosts.pool.expiry import expire_in_time
from rulemint_runner.hosts.pool.idle_stop import IdleStop
from rulemint_runner.hosts.pool.pool_limits import BlankHost, PoolLimits
from rulemint_runner.hosts.pool.rule_queue import IdleHost, RuleQueue
from rulemint_runner.hosts.pool.session import Session
from rulemint_runner.hosts.pool.watch import Watch
from rulemint_runner.hosts.turn import Turn
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.process.background import cancel

log = structlog.get_logger(__name__)

GROW_AFTER_S = 0.01
SWEEP_INTERVAL_S = 0.25


class HostPool:
    """All hosts of this runner."""

    def __init__(self, limits: PoolLimits, blank_host: BlankHost) -> None:
        self._limits = limits
        self._blank_host = blank_host
        self._queues: dict[Authority, RuleQueue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._live: set[Host] = set()
        self._hosts = 0
        self._quota = TenantQuota(limits.max_hosts)
        self._private_bytes = 0
        self._breaker = CircuitBreaker()
        self._watch = Watch()
        self._idle_stop = IdleStop(stopped_after_s=limits.stopped_after_s)
        self._is_closed = False

    def submit(self, authority: Authority, turn: Turn) -> None:
        """Run *turn* on a host of *authority*. It hears of its end, as the case may be before this returns."""
        admission = self._breaker.admission(authority, turn.caller)
        try:
            if self._is_closed:
                raise _stopped()
            admission.begin()
        except HostEndedError as error:
            turn.fail(error)
            return
        turn.admission = admission
        queue = self._queues.get(authority)
        if queue is None:
            queue = self._queues[authority] = RuleQueue(authority)
        queue.waiting.append(turn)
        expire_in_time(queue, turn.deadline, self._prune)
        self._serve_soon(queue)

    def give_up(self, authority: Authority, turn: Turn) -> None:
        """Stop *turn*, because nobody waits for it any more: a host that runs it is ended."""
        queue, why = self._queues.get(authority), _stopped()
        if queue is None:
            return
        for session in tuple(queue.sessions):
            if turn in session.host.pipe:
                session.host.kill(why.reason, why.detail)
        if turn in queue.waiting:  # again, if the host had not come to it
            queue.waiting.remove(turn)
            turn.fail(why)
            self._prune(queue)

    @property
    def hosts(self) -> int:
        """Count the hosts: running, starting and idle."""
        return self._hosts

    @property
    def busy(self) -> int:
        """Count those that are running or starting."""
        return len(self._quota)

    @property
    def has_room(self) -> bool:
        """Tell whether one more host may start without an idle one that has to make room."""
        return self._hosts < self._limits.max_hosts and not self._memory_is_full()

    async def watch(self) -> None:
        """Look after the running hosts, until cancelled."""
        await self._watch.look()

    async def sweep(self) -> None:
        """End hosts that have been idle for too long or are too many for the memory, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_INTERVAL_S)
            for queue in list(self._queues.values()):
                while queue.idle and queue.idle[0].until.passed():
                    self._evict(queue)
            self._private_bytes = sum(host.private_bytes() for host in self._live)
            if self._memory_is_full():
                self._make_room()

    async def close(self) -> None:
        """End every host, and all turns that wait for one."""
        self._is_closed = True
        why = _stopped()
        for host in self._live:
            host.kill(why.reason, why.detail)
        await cancel(self._tasks)
        await asyncio.gather(*(host.ended.wait() for host in self._live))
        await cancel(self._tasks)  # those of invocations that ended just now
        for queue in self._queues.values():
            queue.fail_all(_stopped())

    # ---- what sessions say ----

    def has_nothing_to_do(self, session: Session) -> None:
        """Keep its host for later, or end it."""
        host = session.host
        if session.is_closing:
            host.kill(FailureReason.INTERRUPTED, "the host was replaced")
        else:
            self._keep(session.queue, host)
        self._serve_soon(session.queue)

    def is_to_retire(self, host: Host) -> bool:
        """Tell whether another host should take its place."""
        return self._limits.retirement.reason(host, now_s=asyncio.get_running_loop().time()) is not None

    def returned(self, queue: RuleQueue, turns: list[Turn]) -> None:
        """They are the first in line."""
        for turn in reversed(turns):
            turn.forget_packets()
            queue.waiting.appendleft(turn)
            expire_in_time(queue, turn.deadline, self._prune)
        self._serve_soon(queue)

    # ---- queues ----

    def _serve_soon(self, queue: RuleQueue) -> None:
        """Serve *queue* soon, so that what comes in one moment is sent together."""
        if queue.serving is None and queue.waiting:
            queue.serving = asyncio.get_running_loop().call_soon(self._serve, queue)

    def _serve(self, queue: RuleQueue) -> None:
        queue.serving = None
        for session in tuple(queue.sessions):
            session.fill()
        while queue.waiting and queue.idle:
            host = self._pop_idle(queue, -1)
            if host.usable:
                host.resume()
                self._employ(queue, host)
        self._grow(queue)

    def _employ(self, queue: RuleQueue, host: Host) -> None:
        if host.usable:
            Session(queue, host, keeper=self, breaker=self._breaker, watch=self._watch).begin()

    def _grow(self, queue: RuleQueue) -> None:
        """Start a first host now, and look again in a moment whether the queue still waits."""
        if queue.waiting and queue.hosts == 0:
            self._start(queue)
        if queue.waiting and queue.growing is None:
            loop = asyncio.get_running_loop()
            queue.growing = loop.call_later(GROW_AFTER_S, self._grow_again, queue)

    def _grow_again(self, queue: RuleQueue) -> None:
        queue.growing = None
        if queue.hosts > 0 and queue.is_crowded():
            self._start(queue)
        self._grow(queue)

    def _start(self, queue: RuleQueue) -> None:
        """Start one more host for *queue*, unless a cap forbids it or one is starting already, and does not hang."""
        turn, limits = queue.next_to_start_for(), self._limits
        if turn is None or self._is_closed:
            return
        if queue.hosts >= queue.cap(most=limits.max_hosts_per_rule, quick=limits.quick_hosts_per_rule):
            return
        if queue.starts and not self._may_start_beside(queue, turn):
            return
        if self._quota.is_used_up(queue.authority.tenant):
            return
        if (self._hosts >= limits.max_hosts or self._memory_is_full()) and not self._make_room():
            return
        queue.begin_start(turn)
        self._hosts += 1
        self._quota.begin(queue.authority.tenant)
        self._in_background(self._start_and_load(queue, turn))

    def _may_start_beside(self, queue: RuleQueue, turn: Turn) -> bool:
        """A rule that failed lately may hang by itself: its hosts start one after the other."""
        return queue.start_is_late and self._breaker.known(queue.authority, turn.caller) == NOTHING

    async def _start_and_load(self, queue: RuleQueue, turn: Turn) -> None:
        began = Deadline.after(0)
        try:
            usual = self._breaker.priority(queue.authority, turn.caller)
            host = await self._make_host(turn, priority=Priority.IDLE if turn.yields else usual)
        except (HostEndedError, RuleNotLoadedError) as not_loaded:
            failure = Failure(not_loaded.reason, -began.remaining_s())
            not_loaded.pause = self._breaker.not_loaded(queue.authority, turn.caller, failure)
            self._fail(queue, turn, not_loaded)
        except Exception:
            log.exception("a host could not be made")
            self._fail(queue, turn, HostEndedError(FailureReason.CRASHED, "the runner failed"))
        except asyncio.CancelledError:
            self._forget_host(queue)
            raise
        else:
            self._live.add(host)
            self._in_background(self._notice_end(queue, host))
            if self._is_closed:  # it had started when its start was cancelled
                host.kill(FailureReason.INTERRUPTED, "the runner stopped")
            self._employ(queue, host)
        finally:
            queue.starts.pop(turn, None)

    async def _make_host(self, turn: Turn, *, priority: Priority) -> Host:
        load = await turn.load()
        host = await self._blank_host(turn.program(), priority=priority)
        turn.is_loading = True
        try:
            await host.load(load, Deadline.after(turn.load_within_s), turn.take_line)
        except BaseException:  # whatever it is, nobody looks after the host from here on
            host.kill(FailureReason.INTERRUPTED, "the rule was not loaded")
            raise
        return host

    def _fail(self, queue: RuleQueue, turn: Turn, error: HostEndedError | RuleNotLoadedError) -> None:
        """No host came of it."""
        queue.starts.pop(turn, None)
        self._forget_host(queue)
        queue.fail(turn, error)
        self._prune(queue)
        self._grow(queue)

    def _keep(self, queue: RuleQueue, host: Host) -> None:
        """*host* is idle."""
        queue.idle.append(IdleHost(host, Deadline.after(self._limits.idle_s)))
        self._idle_stop.begin(host)
        self._quota.end(queue.authority.tenant)

    def _pop_idle(self, queue: RuleQueue, index: int) -> Host:
        """Take a host from the idle ones: until it is idle again, or has ended, it counts as busy."""
        self._quota.begin(queue.authority.tenant)
        host = queue.idle.pop(index).host
        self._idle_stop.end(host)
        return host

    def _memory_is_full(self) -> bool:
        return self._private_bytes >= self._limits.max_memory_bytes

    def _make_room(self) -> bool:
        """Evict the idle host that was used least recently; False if all are running."""
        with_idle = [queue for queue in self._queues.values() if queue.idle]
        if not with_idle:
            return False
        self._evict(min(with_idle, key=lambda queue: queue.idle[0].until.monotonic_s))
        return True

    def _evict(self, queue: RuleQueue) -> None:
        self._pop_idle(queue, 0).kill(FailureReason.INTERRUPTED, "the host was not needed")

    async def _notice_end(self, queue: RuleQueue, host: Host) -> None:
        await host.ended.wait()
        self._live.discard(host)
        for index, idle in enumerate(queue.idle):
            if idle.host is host:
                self._pop_idle(queue, index)
                break
        self._forget_host(queue)
        self._grow(queue)

    def _forget_host(self, queue: RuleQueue) -> None:
        queue.hosts -= 1
        self._hosts -= 1
        self._quota.end(queue.authority.tenant)
        self._prune(queue)

    def _prune(self, queue: RuleQueue) -> None:
        if queue.hosts == 0 and not queue.waiting and self._queues.get(queue.authority) is queue:
            del self._queues[queue.authority]

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _stopped() -> HostEndedError:
    return HostEndedError(FailureReason.INTERRUPTED, "the runner stopped")
