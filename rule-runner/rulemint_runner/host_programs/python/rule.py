"""A rule's text → a loaded rule → answers."""

import linecache
import logging
import sys
import types

import descriptions
import invocation
import refusals
from calls import Calls
from descriptions import MAX_TEXT, describe, message_of
from fetch import fetch_through
from parameters import parameters_of
from paths import without_paths
from serialising import NotJsonError, serialised, within
from storage import Storage

PARAMETERS = 4
CALLBACK = "cb"
SIGNATURE = "def rule(client, scope, audience, context)"
ITERABLE_COROUTINE = 0x100
GENERATORS = (types.GeneratorType, types.AsyncGeneratorType)


class NotARule(Exception):
    """The text does not parse or defines no function ``rule``."""


class Rule:
    """One loaded rule. Its module lives as long as this process."""

    def __init__(self, function: object, frame: dict, calls: Calls) -> None:
        self._function = function
        self._calls = calls
        self._secrets = frame["secrets"]
        self._meta = frame["meta"]
        self._result_bytes = frame["result_bytes"]
        taken = parameters_of(function)
        self._takes_callback = len(taken.names) > PARAMETERS
        self._takes_named_callback = not self._takes_callback and CALLBACK in taken.keywords

    def answer(self, run: dict) -> dict:
        """Return the rule's answer to one invocation."""
        try:
            value = self._call(run)
        except BaseException as error:  # noqa: BLE001  # SystemExit too: the rule failed, the host goes on
            refusal = refusals.refusal_in(error)
            if refusal is not None:
                return refused(refusal)
            return {
                "t": "threw",
                "text": without_paths(describe(error)),
                "out_of_memory": issubclass(type(error), MemoryError),
            }
        return _returned(value, self._result_bytes)

    def _call(self, run: dict) -> object:
        arguments = [run["client"], run["scope"], run["audience"], self._context(run)]
        if not self._takes_callback and not self._takes_named_callback:
            return _finish(self._function(*arguments))
        callback = Callback()
        if self._takes_callback:
            value = _finish(self._function(*arguments, callback))
        else:
            value = _finish(self._function(*arguments, **{CALLBACK: callback}))
        return value if isinstance(value, GENERATORS) and not callback.was_called else callback.value()

    def _context(self, run: dict) -> dict:
        request = run["request"]
        webtask = {
            "id": request.get("id", ""),
            "secrets": dict(self._secrets),
            "meta": dict(self._meta),
            "headers": request.get("headers", {}),
            "query": request.get("query", {}),
            "storage": Storage(self._calls),
        }
        return {**run["context"], "claims": run["claims"], "webtask": webtask}


class Callback:
    """``cb(error)`` or ``cb(None, result)``; the first call counts."""

    def __init__(self) -> None:
        self._calls: list[tuple[object, object]] = []
        self._invocation = invocation.current()

    def __call__(self, error: object = None, result: object = None) -> None:
        """The rule's answer."""
        if self._calls:
            earlier = "" if self._invocation is invocation.current() else "in an earlier invocation "
            logging.warning("%sthe rule called its callback more than once: the first call counts", earlier)
        self._calls.append((error, result))

    @property
    def was_called(self) -> bool:
        """Tell whether the rule has answered."""
        return bool(self._calls)

    def value(self) -> object:
        """The result that the rule gave, or its refusal raised."""
        if not self._calls:
            raise RuntimeError("the rule returned without calling its callback")
        error, result = self._calls[0]
        if isinstance(error, refusals.AccessDenied):
            raise error
        if error is not None:
            raise refusals.PlainRefusal(str(error))
        return result


def load(frame: dict, calls: Calls) -> Rule:
    """The rule of a load frame, which asks for what it may have by *calls*.

    Raises:
        NotARule: the text is none.
        BaseException: anything that the text itself raises while it is loaded.
    """
    file = descriptions.file = frame["file"]
    script = frame["script"].removeprefix("\ufeff")
    refusals.define(fetch_through(calls))
    linecache.cache[file] = (len(script), None, script.splitlines(keepends=True), file)
    try:
        code = compile(script, file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise NotARule(descriptions.describe_syntax(error)) from None
    module = sys.modules["rule"] = sys.modules["__main__"] = types.ModuleType("rule")
    module.__file__ = file
    exec(code, module.__dict__)  # noqa: S102  # running this text is what the process is for
    return Rule(function_of(module), frame, calls)


def function_of(module: types.ModuleType) -> object:
    """The function ``rule`` of *module*.

    Raises:
        NotARule: there is none, or it takes too few arguments.
    """
    function = module.__dict__.get("rule")
    if not callable(function):
        raise NotARule(f"{descriptions.file}: define a function: {SIGNATURE}")
    taken = parameters_of(function)
    if len(taken.names) < PARAMETERS and not taken.any_number:
        said = ", ".join(taken.names)
        raise NotARule(f"{descriptions.file}: the function takes ({said}), and a rule gets four arguments: {SIGNATURE}")
    return function


def _finish(value: object) -> object:
    """The value, or what comes of it once it is awaited."""
    if not _is_awaitable(value):
        return value
    import asyncio  # noqa: PLC0415  # a third of the start-up time, and most rules are plain functions

    if asyncio.isfuture(value):
        return value.get_loop().run_until_complete(value)
    return asyncio.run(value if isinstance(value, types.CoroutineType) else _await(value))


def _is_awaitable(value: object) -> bool:
    if isinstance(value, types.GeneratorType):
        return bool(value.gi_code.co_flags & ITERABLE_COROUTINE)
    return hasattr(type(value), "__await__")


async def _await(value: object) -> object:
    return await value


def refused(error: refusals.AccessDenied) -> dict:
    """The answer that a refusal is."""
    message = message_of(error).encode("utf-8", "backslashreplace").decode()[:MAX_TEXT]
    plain = isinstance(error, refusals.PlainRefusal)
    code = getattr(error, "code", None)
    known = isinstance(code, str) and code in refusals.CODES
    return {"t": "refused", "code": str(code) if known else "access_denied", "message": message, "plain": plain}


def answer_of(given: dict, ended: invocation.Invocation) -> dict:
    """Return *given*, unless it grants and *ended* has refused or forgotten something where nobody looked."""
    if given["t"] != "returned":
        return given
    if ended.refusal is not None:
        return refused(ended.refusal)
    if ended.not_awaited:
        lost = f"coroutine '{ended.not_awaited}' was never awaited: what it does, or refuses, was not done"
        return {"t": "threw", "text": f"{descriptions.file}: {lost}"}
    return given


def _returned(value: object, max_bytes: int) -> dict:
    if isinstance(value, GENERATORS):
        return {"t": "bad-return", "why": "the rule is a generator, so nothing of it was run"}
    try:
        text, remarks = serialised({} if value is None else value, _named)
    except NotJsonError as error:
        return {"t": "bad-return", "why": str(error)[:MAX_TEXT]}
    for remark in remarks:
        logging.warning("%s", remark)
    if len(text.encode()) > max_bytes:
        return {"t": "bad-return", "why": f"the result is larger than {max_bytes} bytes of JSON"}
    return {"t": "returned", "form": "own", "value": text}


def _named(path: list) -> str:
    """Name the part of a result that is at *path*."""
    if not path:
        return "the result"
    name = "scope" if path[0] == "scope" else f"the claim {path[0]!a}"[:256]
    return f"{name}{within(path[1:])}"
