"""The host pool: runs turns, each on a host of exactly its authority.

Theory of operation. Each authority has one queue of invocations, a stack of idle hosts, the most recently used on top,
and a session for each host that has something to do. What comes in one moment is looked at together: sessions that have
room take of it first, then idle hosts. A queue gets a first host at once, and another one whenever it has waited for
10 ms and is more than the hosts of a quick rule soon take, one start at a time, up to the caps: a rule that computes
stays on as many hosts as there are processors, and one that waits for something spreads. While a host hangs in its
start, others start. At the cap over all authorities, of number or of memory, the idle host that was used least recently
makes room; a running host is never taken from its invocation, and no tenant gets more than its share of busy ones. A
process that stays idle is stopped; one that has served for long is replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from operator import attrgetter
from typing import Any, Protocol

import msgspec
import structlog

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.circuit_breaker import NOTHING, CircuitBreaker
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.languages import HostProgram
from rulemint_runner.hosts.pause import Failure
from rulemint_runner.hosts.pool.idle_stop import IdleStop
from rulemint_runner.hosts.pool.retirement import Retirement
from rulemint_runner.hosts.pool.rule_queue import IdleHost, Station
from rulemint_runner.hosts.pool.session import Session
from rulemint_runner.hosts.pool.watch import Watch
from rulemint_runner.hosts.turn import Turn
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.tenant_quota import Shares
from rulemint_shared.process.background import cancel

log = structlog.get_logger(__name__)

GROW_AFTER_S = 0.01
SWEEP_INTERVAL_S = 0.25


class PoolLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many hosts there may be, how much memory they may have, and for how long one may live."""

    max_hosts: int
    max_hosts_per_rule: int
    quick_hosts_per_rule: int = 2
    """Of a rule that computes rather than waits."""
    max_memory_bytes: int
    idle_s: float
    retirement: Retirement = Retirement()


class BlankHost(Protocol):
    """Where hosts come from."""

    def __call__(self, program: HostProgram, /, *, priority: Priority) -> Awaitable[Host]:
        """A host that executes *program*, and competes for the processor with *priority* from its start.

        Raises:
            HostEndedError: none could be started.
        """


class HostPool:
    """All hosts of this runner."""

    def __init__(self, limits: PoolLimits, blank_host: BlankHost) -> None:
        self._limits = limits
        self._blank_host = blank_host
        self._stations: dict[Authority, Station] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._live: set[Host] = set()
        self._hosts = 0
        self._shares = Shares(limits.max_hosts)
        self._private_bytes = 0
        self._breaker = CircuitBreaker()
        self._watch = Watch()
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
        station = self._stations.get(authority)
        if station is None:
            station = self._stations[authority] = Station(authority)
        station.waiting.append(turn)
        self._expire_in_time(station, turn.deadline)
        self._serve_soon(station)

    def give_up(self, authority: Authority, turn: Turn) -> None:
        """Nobody waits for *turn* any longer: a host that runs it is ended."""
        station, why = self._stations.get(authority), _stopped()
        if station is None:
            return
        for session in tuple(station.sessions):
            if turn in session.host.pipe:
                session.host.kill(why.reason, why.detail)
        if turn in station.waiting:  # again, if the host had not come to it
            station.waiting.remove(turn)
            turn.fail(why)
            self._prune(station)

    @property
    def hosts(self) -> int:
        """How many there are: running, starting and idle."""
        return self._hosts

    @property
    def busy(self) -> int:
        """How many of them are running or starting."""
        return len(self._shares)

    async def watch(self) -> None:
        """Look after the running hosts, until cancelled."""
        await self._watch.look()

    async def sweep(self) -> None:
        """End hosts that have been idle for too long or are too many for the memory, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_INTERVAL_S)
            for station in list(self._stations.values()):
                while station.idle and station.idle[0].until.passed():
                    self._evict(station)
            self._private_bytes = sum(host.private_bytes() for host in self._live)
            if self._memory_is_full():
                self._make_room()

    async def close(self) -> None:
        """End every host, and whatever waits for one."""
        self._is_closed = True
        why = _stopped()
        for host in self._live:
            host.kill(why.reason, why.detail)
        await cancel(self._tasks)
        await asyncio.gather(*(host.ended.wait() for host in self._live))
        await cancel(self._tasks)  # those of invocations that ended just now
        for station in self._stations.values():
            station.fail_all(_stopped())

    # ---- what sessions say ----

    def has_nothing_to_do(self, session: Session) -> None:
        """Keep its host for later, or end it."""
        host = session.host
        if session.is_closing:
            host.kill(FailureReason.INTERRUPTED, "the host was replaced")
        else:
            self._keep(session.station, host)
        self._serve_soon(session.station)

    def is_to_retire(self, host: Host) -> bool:
        """Tell whether another host should take its place."""
        return self._limits.retirement.reason(host, now_s=asyncio.get_running_loop().time()) is not None

    def returned(self, station: Station, turns: list[Turn]) -> None:
        """They are the first in line."""
        for turn in reversed(turns):
            station.waiting.appendleft(turn)
            self._expire_in_time(station, turn.deadline)
        self._serve_soon(station)

    # ---- queues ----

    def _serve_soon(self, station: Station) -> None:
        """What comes in one moment is sent together."""
        if station.serving is None and station.waiting:
            station.serving = asyncio.get_running_loop().call_soon(self._serve, station)

    def _serve(self, station: Station) -> None:
        station.serving = None
        for session in tuple(station.sessions):
            session.fill()
        while station.waiting and station.idle:
            host = self._pop_idle(station, -1)
            if host.usable:
                host.resume()
                self._employ(station, host)
        self._grow(station)

    def _employ(self, station: Station, host: Host) -> None:
        if host.usable:
            Session(station, host, keeper=self, breaker=self._breaker, watch=self._watch).begin()

    def _expire_in_time(self, station: Station, deadline: Deadline) -> None:
        if station.expiring is not None:
            if station.expires_s <= deadline.monotonic_s:
                return
            station.expiring.cancel()
        station.expires_s = deadline.monotonic_s
        loop = asyncio.get_running_loop()
        station.expiring = loop.call_later(max(0.0, deadline.remaining_s()), self._expire, station)

    def _expire(self, station: Station) -> None:
        station.expiring = None
        late = [turn for turn in station.waiting if turn.deadline.passed()]
        for turn in late:
            station.waiting.remove(turn)
            turn.fail(HostEndedError(FailureReason.OVERLOADED, "no host became free in time"))
        if station.waiting:
            self._expire_in_time(
                station, min((turn.deadline for turn in station.waiting), key=attrgetter("monotonic_s"))
            )
        self._prune(station)

    def _grow(self, station: Station) -> None:
        """Start a first host now, and look again in a moment whether the queue still waits."""
        if station.waiting and station.hosts == 0:
            self._start(station)
        if station.waiting and station.growing is None:
            loop = asyncio.get_running_loop()
            station.growing = loop.call_later(GROW_AFTER_S, self._grow_again, station)

    def _grow_again(self, station: Station) -> None:
        station.growing = None
        if station.hosts > 0 and station.is_crowded():
            self._start(station)
        self._grow(station)

    def _start(self, station: Station) -> None:
        """Start one more host for *station*, unless a cap forbids it or one is starting already, and does not hang."""
        turn = station.next_to_start_for()
        if turn is None or self._is_closed or station.hosts >= self._cap(station):
            return
        if station.starts and not self._may_start_beside(station, turn):
            return
        if self._shares.is_used_up(station.authority.tenant):
            return
        if (self._hosts >= self._limits.max_hosts or self._memory_is_full()) and not self._make_room():
            return
        station.begin_start(turn)
        self._hosts += 1
        self._shares.begin(station.authority.tenant)
        self._in_background(self._start_and_load(station, turn))

    def _may_start_beside(self, station: Station, turn: Turn) -> bool:
        """A rule that failed lately may hang by itself: its hosts start one after the other."""
        return station.start_is_late and self._breaker.known(station.authority, turn.caller) == NOTHING

    def _cap(self, station: Station) -> int:
        """How many hosts the station's rule is worth, now."""
        most = self._limits.max_hosts_per_rule
        return min(most, self._limits.quick_hosts_per_rule) if station.is_quick() and not station.starts else most

    async def _start_and_load(self, station: Station, turn: Turn) -> None:
        began = Deadline.after(0)
        try:
            host = await self._make_host(turn, priority=self._breaker.priority(station.authority, turn.caller))
        except (HostEndedError, RuleNotLoadedError) as not_loaded:
            failure = Failure(not_loaded.reason, -began.remaining_s())
            not_loaded.pause = self._breaker.not_loaded(station.authority, turn.caller, failure)
            self._fail(station, turn, not_loaded)
        except Exception:
            log.exception("a host could not be made")
            self._fail(station, turn, HostEndedError(FailureReason.CRASHED, "the runner failed"))
        except asyncio.CancelledError:
            self._forget_host(station)
            raise
        else:
            self._live.add(host)
            self._in_background(self._notice_end(station, host))
            if self._is_closed:  # it had started when its start was cancelled
                host.kill(FailureReason.INTERRUPTED, "the runner stopped")
            self._employ(station, host)
        finally:
            station.starts.pop(turn, None)

    async def _make_host(self, turn: Turn, *, priority: Priority) -> Host:
        load = await turn.load()
        host = await self._blank_host(turn.program(), priority=priority)
        await host.load(load, Deadline.after(turn.load_within_s), turn.take_line)
        return host

    def _fail(self, station: Station, turn: Turn, error: HostEndedError | RuleNotLoadedError) -> None:
        """No host came of it."""
        station.starts.pop(turn, None)
        self._forget_host(station)
        station.fail(turn, error)
        self._prune(station)
        self._grow(station)

    def _keep(self, station: Station, host: Host) -> None:
        """*host* is idle."""
        station.idle.append(IdleHost(host, Deadline.after(self._limits.idle_s), IdleStop(host)))
        self._shares.end(station.authority.tenant)

    def _pop_idle(self, station: Station, index: int) -> Host:
        """Take a host from the idle ones: until it is idle again, or has ended, it counts as busy."""
        self._shares.begin(station.authority.tenant)
        idle = station.idle.pop(index)
        idle.stop.cancel()
        return idle.host

    def _memory_is_full(self) -> bool:
        return self._private_bytes >= self._limits.max_memory_bytes

    def _make_room(self) -> bool:
        """Evict the idle host that was used least recently; False if all are running."""
        with_idle = [station for station in self._stations.values() if station.idle]
        if not with_idle:
            return False
        self._evict(min(with_idle, key=lambda station: station.idle[0].until.monotonic_s))
        return True

    def _evict(self, station: Station) -> None:
        self._pop_idle(station, 0).kill(FailureReason.INTERRUPTED, "the host was not needed")

    async def _notice_end(self, station: Station, host: Host) -> None:
        await host.ended.wait()
        self._live.discard(host)
        for index, idle in enumerate(station.idle):
            if idle.host is host:
                self._pop_idle(station, index)
                break
        self._forget_host(station)
        self._grow(station)

    def _forget_host(self, station: Station) -> None:
        station.hosts -= 1
        self._hosts -= 1
        self._shares.end(station.authority.tenant)
        self._prune(station)

    def _prune(self, station: Station) -> None:
        if station.hosts == 0 and not station.waiting and self._stations.get(station.authority) is station:
            del self._stations[station.authority]

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _stopped() -> HostEndedError:
    return HostEndedError(FailureReason.INTERRUPTED, "the runner stopped")
