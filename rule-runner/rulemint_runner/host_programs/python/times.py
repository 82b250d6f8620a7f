"""Every way by which Python tells the time, told by the clock of the rule.

Modules that few rules import are changed when they are imported.
"""

import gc
import os
import select
import threading
import time

from clock import CLOCK


def define() -> None:
    """Change what is loaded in every host."""
    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "sleep"):
        setattr(time, name, getattr(CLOCK, name))
    time.perf_counter = time.process_time = time.thread_time = CLOCK.monotonic
    time.perf_counter_ns = time.process_time_ns = time.thread_time_ns = CLOCK.monotonic_ns
    others = Others(time)
    for name in ("clock_gettime", "clock_gettime_ns", "localtime", "gmtime", "ctime", "asctime", "strftime"):
        setattr(time, name, getattr(others, name))
    os.times = lambda: os.times_result((CLOCK.monotonic(), 0.0, 0.0, 0.0, CLOCK.monotonic()))
    select.select = Waiting(select.select).select
    wait = threading.Condition.wait

    def wait_(self: object, timeout: float | None = None) -> bool:
        return CLOCK.wait(lambda allowed_s: wait(self, allowed_s), timeout)

    threading.Condition.wait = wait_


class Others:
    """The functions of ``time`` that ask for the time of now if they are given none."""

    def __init__(self, module: object) -> None:
        self._real = {name: getattr(module, name) for name in ("localtime", "gmtime", "asctime", "strftime")}
        self._real_time = module.CLOCK_REALTIME

    def clock_gettime(self, which: int) -> float:
        """As `time`, or as `monotonic`."""
        return CLOCK.time() if which == self._real_time else CLOCK.monotonic()

    def clock_gettime_ns(self, which: int) -> int:
        """The same in ns."""
        return CLOCK.time_ns() if which == self._real_time else CLOCK.monotonic_ns()

    def localtime(self, seconds: float | None = None) -> object:
        """*seconds* since 1970, taken apart."""
        return self._real["localtime"](CLOCK.time() if seconds is None else seconds)

    def gmtime(self, seconds: float | None = None) -> object:
        """The same of UTC."""
        return self._real["gmtime"](CLOCK.time() if seconds is None else seconds)

    def ctime(self, seconds: float | None = None) -> str:
        """*seconds* since 1970 as a text."""
        return self._real["asctime"](self.localtime(seconds))

    def asctime(self, parts: object = None) -> str:
        """Write what `localtime` returned as a text."""
        return self._real["asctime"](self.localtime() if parts is None else parts)

    def strftime(self, form: str, parts: object = None) -> str:
        """The same in a *form*."""
        return self._real["strftime"](form, self.localtime() if parts is None else parts)


class Waiting:
    """``select.select``, whose wait moves the clock."""

    def __init__(self, real: object) -> None:
        self._real = real

    def select(self, reading: object, writing: object, failing: object, timeout: float | None = None) -> tuple:
        """As the real one."""
        nothing: tuple = ([], [], [])

        def wait(allowed_s: float | None) -> tuple | None:
            ready = self._real(reading, writing, failing, allowed_s)
            return ready if any(ready) else None

        return CLOCK.wait(wait, timeout) or nothing


def change_datetime(module: object) -> None:
    """Have the type itself tell the rule's time: one that is derived of it would not be what others take it for."""

    def now(cls: type, tz: object = None) -> object:
        """The current time, of the zone *tz* if there is one."""
        return cls.fromtimestamp(CLOCK.time(), tz)

    def utcnow(cls: type) -> object:
        """The current time of UTC, without its zone."""
        return cls.fromtimestamp(CLOCK.time(), module.timezone.utc).replace(tzinfo=None)

    (own,) = gc.get_referents(module.datetime.__dict__)  # nobody has looked them up so far, so that none is cached
    own.update(now=classmethod(now), utcnow=classmethod(utcnow))


def change_selectors(module: object) -> None:
    """Have the waits of event loops move the clock."""
    for kind in (module.EpollSelector, module.PollSelector):
        kind.select = _selecting(kind.select)


def _selecting(select_: object) -> object:
    def select(self: object, timeout: float | None = None) -> list:
        """As the real one."""
        return CLOCK.wait(lambda allowed_s: select_(self, allowed_s), timeout, for_replies=True)

    return select


def change_resource(module: object) -> None:
    """Have the processor time be the rule's, too."""
    getrusage = module.getrusage

    def usage(who: int) -> object:
        _user, _system, *rest = getrusage(who)
        return module.struct_rusage((CLOCK.monotonic(), 0.0, *rest))

    module.getrusage = usage


def change_signal(module: object) -> None:
    """Have a wait for a signal move the clock."""
    for name in ("pause", "sigwait", "sigwaitinfo", "sigtimedwait"):
        setattr(module, name, _ending(getattr(module, name)))


def _ending(wait: object) -> object:
    def wait_(*arguments: object) -> object:
        try:
            return wait(*arguments)
        finally:
            CLOCK.fired()

    return wait_
