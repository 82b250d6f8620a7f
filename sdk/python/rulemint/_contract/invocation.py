# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/invocation.py: change that, and run `make sdk`.
"""Name the invocation whose work runs: tasks and callbacks of asyncio carry the context that they were made in.

A refusal also knows itself of which invocation it is, so that one that nobody caught is heard by the right one.
"""

from contextvars import ContextVar, copy_context

_current: ContextVar = ContextVar("rulemint_invocation")


class Invocation:
    """One invocation, from its frame until the host is idle again, and what is left of it after that."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.is_over = False
        """Its answer leaves: it may ask for nothing more."""
        self.is_gone = False
        """The host is idle: nobody takes its lines any more."""
        self.refusal: BaseException | None = None
        """A refusal that nobody caught."""
        self.not_awaited = ""
        """A coroutine that the rule made and forgot."""
        self.refused: dict = {}
        """The words of what it was refused, by the host: a library may hide them."""
        self.tasks: list = []
        """References to the tasks of asyncio that it started."""

    def run(self, function: object, *arguments: object) -> object:
        """Call *function* in its name."""
        context = copy_context()
        context.run(_current.set, self)
        return context.run(function, *arguments)


LOADING = Invocation(0)
"""The rule is loaded. What it starts then is nobody's, and done by whichever invocation runs."""
_running = LOADING
_dropped = 0
_current.set(LOADING)


def begin(number: int) -> Invocation:
    """From now on this one runs."""
    global _running  # noqa: PLW0603  # one after the other
    _running = Invocation(number)
    _current.set(_running)
    return _running


def current() -> Invocation:
    """The one that started what runs now."""
    found = _current.get(LOADING)
    return _running if found is LOADING else found


def in_context(context: object) -> Invocation:
    """The one that *context* names."""
    found = context.get(_current, LOADING)
    return _running if found is LOADING else found


def drop() -> None:
    """A line of an invocation that is gone came so late that nobody takes it."""
    global _dropped  # noqa: PLW0603  # until it is told
    _dropped += 1


def dropped() -> int:
    """Count the lines that came too late since this was last called."""
    global _dropped
    count, _dropped = _dropped, 0
    return count
