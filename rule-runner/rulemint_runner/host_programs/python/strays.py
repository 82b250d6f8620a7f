"""Find what a rule refuses or forgets where nobody looks: in a task, in a callback, in a finalizer.

A refusal that nobody caught is heard as long as its invocation has not answered. What else goes wrong there is a line
of the log of the invocation that started it, as Python writes it.
"""

import gc
import sys
import warnings
import weakref
from contextlib import suppress

import invocation
from refusals import refusal_in

_LATER = ("__del__", "finalize", "yield")
_says_something_later = False
_TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")


def define() -> None:
    """Hear of what Python itself could only report."""
    report = sys.unraisablehook

    def unraisable(given: object) -> None:
        note(given.exc_value)
        report(given)

    sys.unraisablehook = unraisable
    _note_what_was_never_awaited()


def look_at(script: str, *, has_packages: bool) -> None:
    """Decide whether things that this rule lets go of are looked at, which costs each invocation 10 µs."""
    global _says_something_later  # noqa: PLW0603  # one host, one rule
    _says_something_later = has_packages or any(word in script for word in _LATER)


def note(error: object) -> None:
    """Keep *error* for its invocation, if it is a refusal, or has one in it."""
    refusal = refusal_in(error)
    if refusal is not None:
        whose = refusal.of_invocation()
        if not whose.is_over and whose.refusal is None:
            whose.refusal = refusal


def leave(ended: invocation.Invocation) -> None:
    """End what it started, and have said now what it lets go of: by finalizers, and by tasks that failed unseen."""
    watchers = sys.gettrace(), sys.getprofile()  # the last reference to one may not go while it is taken away
    sys.settrace(None)
    sys.setprofile(None)
    del watchers
    if "signal" in sys.modules:
        _stop_signals()
    for reference in ended.tasks:
        task = reference()
        if task is not None and not task.done() and not task.get_loop().is_closed():
            task.cancel()
        del task
    ended.tasks.clear()
    if _says_something_later or "asyncio" in sys.modules:
        gc.collect(1)


def _stop_signals() -> None:
    """Stop the timers of the rule. A handler of its own may run first, and raise."""
    import signal  # noqa: PLC0415  # it is loaded, and else nobody needs it

    for name in _TIMERS:
        for _ in range(2):
            with suppress(BaseException):  # it is the rule's, which may raise anything
                signal.setitimer(getattr(signal, name), 0)


def change_events(module: object) -> None:
    """Have the loops of asyncio know whose each task is, and tell us what nobody caught."""
    loop = module.BaseEventLoop
    create_task, call_exception_handler = loop.create_task, loop.call_exception_handler

    def create(self: object, coroutine: object, **named: object) -> object:
        task = create_task(self, coroutine, **named)
        whose = invocation.current()
        try:
            task._invocation = whose  # noqa: SLF001  # ours, and nobody else's
        except AttributeError:  # of a factory of the rule's own
            return task
        whose.tasks.append(weakref.ref(task))
        return task

    def call(self: object, context: dict) -> None:
        note(context.get("exception"))
        _whose(context).run(call_exception_handler, self, context)

    loop.create_task, loop.call_exception_handler = create, call


def _whose(context: dict) -> invocation.Invocation:
    """The invocation that an error of a loop is of."""
    handle = context.get("handle")
    if getattr(handle, "_context", None) is not None:
        return invocation.in_context(handle._context)  # noqa: SLF001  # it is said nowhere else
    task = context.get("task") or context.get("future")
    return getattr(task, "_invocation", None) or invocation.current()


def _note_what_was_never_awaited() -> None:
    """Note a coroutine that was never awaited: what it would have done, or refused, was not done."""

    def warn_unawaited(coroutine: object) -> None:
        whose = invocation.current()
        name = str(coroutine.__qualname__)[:256]
        whose.not_awaited = whose.not_awaited or name
        warnings.warn(f"coroutine '{name}' was never awaited", RuntimeWarning, stacklevel=2, source=coroutine)

    warnings._warn_unawaited_coroutine = warn_unawaited  # noqa: SLF001  # which the interpreter calls
