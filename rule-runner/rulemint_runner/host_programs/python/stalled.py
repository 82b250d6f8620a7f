"""Find a loop of asyncio that nothing can wake: no task can go on, no timer runs, and no call is on its way.

It is told at once, and not when its time is over.
"""

import sys

NOTHING_LEFT = "the rule awaits what nobody ends; nothing is left that it could wait for: no call, no timer"
_OWN_DESCRIPTORS = 1
"""The one by which a loop wakes itself."""


def end_stalled_loops(module: object) -> None:
    """Have the loops of *module*, which is ``asyncio.base_events``, fail where they would wait for good."""
    run_once = module.BaseEventLoop._run_once  # noqa: SLF001  # a loop has no other place to look at

    def run_once_or_end(loop: object) -> None:
        if _is_stalled(loop):
            raise RuntimeError(NOTHING_LEFT)
        run_once(loop)

    module.BaseEventLoop._run_once = run_once_or_end  # noqa: SLF001  # as above


def _is_stalled(loop: object) -> bool:
    if loop._ready or loop._stopping:  # noqa: SLF001  # as above
        return False
    if not all(timer.cancelled() for timer in loop._scheduled):  # noqa: SLF001  # as above
        return False
    return len(loop._selector.get_map()) <= _OWN_DESCRIPTORS and not _has_alarm()  # noqa: SLF001  # as above


def _has_alarm() -> bool:
    """Tell whether a signal may come."""
    signal = sys.modules.get("signal")
    return signal is not None and any(signal.getitimer(which)[0] for which in range(3))
