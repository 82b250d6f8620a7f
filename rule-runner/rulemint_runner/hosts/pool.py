"""The host pool: an authority → a host of exactly that authority, idle and ready for one invocation.

Theory of operation. Each authority has a stack of idle hosts, the most recently used on top, and a queue of invocations
that wait for one. A queue gets a first host at once, and another one whenever it has waited for 10 ms and is more than
the hosts of a quick rule soon take, one start at a time, up to the caps: a rule that computes stays on as many hosts as
there are processors, and one that waits for something spreads. While a host hangs in its start, others start. At the
cap over all authorities, of number or of memory, the idle host that was used least recently makes room; a running host
is never taken from its invocation, and no tenant gets more than its share of busy ones. A process that stays idle is
stopped; one that has served for long is replaced.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import structlog

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.brake import NOTHING, Brake
from rulemint_runner.hosts.host import Host, HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.pause import Caller, Failure
from rulemint_runner.hosts.rest import Rest
from rulemint_runner.hosts.station import IdleHost, MakeHost, Station, Waiter
from rulemint_runner.hosts.watch import Watch
from rulemint_runner.hosts.wear import Wear
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.background import cancel
from rulemint_shared.deadline import Deadline
from rulemint_shared.messages import FailureReason
from rulemint_shared.records import Isolation
from rulemint_shared.shares import Shares

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
    wear: Wear = Wear()


class HostPool:
    """All hosts of this runner."""

    def __init__(self, limits: PoolLimits) -> None:
        self._limits = limits
        self._stations: dict[Authority, Station] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._live: set[Host] = set()
        self._hosts = 0
        self._shares = Shares(limits.max_hosts)
        self._private_bytes = 0
        self._brake = Brake()
        self._watch = Watch()

    @asynccontextmanager
    async def borrow(
        self, authority: Authority, make_host: MakeHost, deadline: Deadline, caller: Caller
    ) -> AsyncIterator[Host]:
        """An idle host of *authority* for *caller*; *make_host* starts one if there are too few.

        Raises:
            HostEndedError: none could be had before *deadline*, it did not start, or the rule pauses.
            RuleNotLoadedError: the rule's text cannot be run.
        """
        with self._brake.admission(authority, caller) as admission:
            station = self._stations.setdefault(authority, Station(authority))
            host = await self._take(station, make_host, deadline, caller)
            try:
                admission.check_again()
            except HostEndedError:
                self._offer(station, host)
                raise
            began = Deadline.after(0)
            station.begin(host)
            self._watch.begin(host, distrusted=self._brake.priority(authority, caller) is not Priority.USUAL)
            try:
                yield host
                self._brake.worked(authority, caller)
            except HostEndedError as error:
                failure = Failure(error.reason, -began.remaining_s())
                error.pause = self._brake.failed(authority, caller, failure, computed_s=self._watch.computed_s(host))
                raise
            finally:
                self._watch.end(host)
                station.end(host)
                if host.is_idle:
                    self._put_back(station, host)
                else:
                    self._in_background(self._put_back_once_idle(station, host))

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
        """End every host."""
        for host in self._live:
            host.kill(FailureReason.INTERRUPTED, "the runner stopped")
        await cancel(self._tasks)
        await asyncio.gather(*(host.ended.wait() for host in self._live))
        await cancel(self._tasks)  # those of invocations that ended just now

    async def _take(self, station: Station, make_host: MakeHost, deadline: Deadline, caller: Caller) -> Host:
        while station.idle:
            host = self._pop_idle(station, -1)
            if host.usable:
                host.resume()
                return host
        waiter = Waiter(asyncio.get_running_loop().create_future(), make_host, caller)
        station.waiting.append(waiter)
        self._grow(station)
        try:
            async with asyncio.timeout(max(0.0, deadline.remaining_s())):
                return await waiter.future
        except BaseException as error:
            self._stop_waiting(station, waiter)
            if isinstance(error, TimeoutError):
                raise HostEndedError(FailureReason.OVERLOADED, "no host became free in time") from None
            raise

    def _stop_waiting(self, station: Station, waiter: Waiter) -> None:
        """A host that arrived in the very moment in which its waiter gave up goes to the next."""
        if waiter in station.waiting:
            station.waiting.remove(waiter)
        future = waiter.future
        if future.done() and not future.cancelled() and future.exception() is None:
            self._offer(station, future.result())
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
        waiter = station.next_to_start_for()
        if waiter is None or station.hosts >= self._cap(station):
            return
        if station.starts and not self._may_start_beside(station, waiter):
            return
        if self._shares.is_used_up(station.authority.tenant):
            return
        if (self._hosts >= self._limits.max_hosts or self._memory_is_full()) and not self._make_room():
            return
        station.begin_start(waiter)
        self._hosts += 1
        self._shares.begin(station.authority.tenant)
        self._in_background(self._start_and_load(station, waiter))

    def _may_start_beside(self, station: Station, waiter: Waiter) -> bool:
        """A rule that failed lately may hang by itself: its hosts start one after the other."""
        return station.start_is_late and self._brake.known(station.authority, waiter.caller) == NOTHING

    def _cap(self, station: Station) -> int:
        """How many hosts the station's rule is worth, now."""
        most = self._limits.max_hosts_per_rule
        return min(most, self._limits.quick_hosts_per_rule) if station.is_quick() and not station.starts else most

    async def _start_and_load(self, station: Station, waiter: Waiter) -> None:
        began = Deadline.after(0)
        try:
            host = await waiter.make_host(priority=self._brake.priority(station.authority, waiter.caller))
        except (HostEndedError, RuleNotLoadedError) as not_loaded:
            failure = Failure(not_loaded.reason, -began.remaining_s())
            not_loaded.pause = self._brake.not_loaded(station.authority, waiter.caller, failure)
            self._fail(station, waiter, not_loaded)
        except Exception:
            log.exception("a host could not be made")
            self._fail(station, waiter, HostEndedError(FailureReason.CRASHED, "the runner failed"))
        except asyncio.CancelledError:
            self._forget_host(station)
            raise
        else:
            self._live.add(host)
            self._in_background(self._notice_end(station, host))
            self._offer(station, host)
        finally:
            station.starts.pop(waiter, None)

    def _fail(self, station: Station, waiter: Waiter, error: HostEndedError | RuleNotLoadedError) -> None:
        """No host came of it."""
        station.starts.pop(waiter, None)
        self._forget_host(station)
        station.fail(waiter, error)
        self._grow(station)

    async def _put_back_once_idle(self, station: Station, host: Host) -> None:
        if station.authority.isolation is Isolation.FRESH or await host.idle():
            self._put_back(station, host)

    def _put_back(self, station: Station, host: Host) -> None:
        station.learn(host)
        if station.authority.isolation is Isolation.FRESH:
            host.kill(FailureReason.INTERRUPTED, "every invocation has a host of its own")
        elif (worn := self._limits.wear.of(host, now_s=asyncio.get_running_loop().time())) is not None:
            host.kill(FailureReason.INTERRUPTED, f"the host was replaced: {worn}")
        else:
            self._offer(station, host)

    def _offer(self, station: Station, host: Host) -> None:
        """Give *host* to the first that waits, or keep it."""
        while station.waiting:
            waiter = station.waiting.popleft()
            if not waiter.future.done():
                waiter.future.set_result(host)
                return
        station.idle.append(IdleHost(host, Deadline.after(self._limits.idle_s), Rest(host)))
        self._shares.end(station.authority.tenant)

    def _pop_idle(self, station: Station, index: int) -> Host:
        """Take a host from the idle ones: until it is idle again, or has ended, it counts as busy."""
        self._shares.begin(station.authority.tenant)
        idle = station.idle.pop(index)
        idle.rest.end()
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
