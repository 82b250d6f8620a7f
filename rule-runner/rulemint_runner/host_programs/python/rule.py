"""A rule's text → a loaded rule → answers."""

import json
import linecache
import logging
import sys
import traceback
import types

import invocation
import refusals
from calls import Calls
from fetch import fetch_through
from parameters import parameters_of
from storage import Storage

MAX_TEXT = 4_096
MOST_CAUSES = 8
PARAMETERS = 4
CALLBACK = "cb"
ITERABLE_COROUTINE = 0x100

_file = "rule.py"


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
            return {"t": "threw", "text": describe(error), "out_of_memory": isinstance(error, MemoryError)}
        return _returned(value, self._result_bytes)

    def _call(self, run: dict) -> object:
        arguments = [run["client"], run["scope"], run["audience"], self._context(run)]
        if not self._takes_callback and not self._takes_named_callback:
            return _finish(self._function(*arguments))
        callback = Callback()
        if self._takes_callback:
            _finish(self._function(*arguments, callback))
        else:
            _finish(self._function(*arguments, **{CALLBACK: callback}))
        return callback.value()

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
    global _file  # noqa: PLW0603  # one host, one rule
    _file = frame["file"]
    script = frame["script"].removeprefix("\ufeff")
    refusals.define(fetch_through(calls))
    linecache.cache[_file] = (len(script), None, script.splitlines(keepends=True), _file)
    try:
        code = compile(script, _file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise NotARule(_describe_syntax(error)) from None
    module = sys.modules["rule"] = sys.modules["__main__"] = types.ModuleType("rule")
    module.__file__ = _file
    exec(code, module.__dict__)  # noqa: S102  # running this text is what the process is for
    function = module.__dict__.get("rule")
    if not callable(function):
        raise NotARule(f"{_file}: define a function: def rule(client, scope, audience, context)")
    return Rule(function, frame, calls)


def describe(error: BaseException) -> str:
    """An error as its rule's author wants to see it: file, line and message, then the rule's own part of the stack."""
    try:
        text = _describe_with_stack(error)
    except Exception:  # noqa: BLE001  # the rule may have left no descriptor or memory to look at the stack with
        text = f"{_file}: {type(error).__name__}: {_message(error)}"
    return text.encode("utf-8", "backslashreplace").decode()[:MAX_TEXT]


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # it is the rule's own class
        return "it has no message that can be shown"


def _describe_with_stack(error: BaseException) -> str:
    frames = _own_frames(error)
    at = _position(frames[-1]) if frames else _file
    lines = "".join(traceback.format_list(frames)).rstrip() if len(frames) > 1 else ""
    parts = [f"{at}: {_headline(error)}", lines, *(f"  {line}" for line in _what_is_behind(error, MOST_CAUSES))]
    return "\n".join(filter(None, parts))


def _own_frames(error: BaseException) -> list:
    return [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _file]


def _headline(error: BaseException) -> str:
    """Type and message; of a missing package also what helps."""
    text = "".join(traceback.format_exception_only(error)).strip()
    if isinstance(error, ModuleNotFoundError) and error.name:
        text += ": add the package that has it to the rule's dependencies"
    return text


def _what_is_behind(error: BaseException, most: int) -> list:
    """One line for each error of a group, and for each that led to *error*, with the place of each in the rule."""
    if most == 0:
        return ["…"]
    lines = []
    for each in error.exceptions[:most] if isinstance(error, BaseExceptionGroup) else ():
        lines += [f"in it: {_placed(each)}", *(f"  {line}" for line in _what_is_behind(each, most - 1))]
    cause, word = error.__cause__, "caused by"
    if cause is None and not error.__suppress_context__:
        cause, word = error.__context__, "while handling"
    if cause is not None:
        lines += [f"{word}: {_placed(cause)}", *_what_is_behind(cause, most - 1)]
    return lines


def _placed(error: BaseException) -> str:
    frames = _own_frames(error)
    return f"{_headline(error)} ({_position(frames[-1])})" if frames else _headline(error)


def _position(frame: traceback.FrameSummary) -> str:
    """Return its position, the column counted from 1 in characters as everywhere else; Python counts bytes from 0."""
    at = f"{_file}:{frame.lineno}"
    if frame.lineno is None or frame.colno is None:
        return at
    before = linecache.getline(_file, frame.lineno).encode("utf-8", "surrogatepass")[: frame.colno]
    return f"{at}:{len(before.decode('utf-8', 'replace')) + 1}"


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
    message = _message(error).encode("utf-8", "backslashreplace").decode()[:MAX_TEXT]
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
        text = f"{_file}: coroutine '{ended.not_awaited}' was never awaited: what it does, or refuses, was not done"
        return {"t": "threw", "text": text}
    return given


def _returned(value: object, max_bytes: int) -> dict:
    if isinstance(value, types.GeneratorType | types.AsyncGeneratorType):
        return {"t": "bad-return", "why": "the rule is a generator, so nothing of it was run"}
    try:
        text = json.dumps({} if value is None else value, allow_nan=False, ensure_ascii=False)
        size = len(text.encode())
    except UnicodeEncodeError:
        return {"t": "bad-return", "why": _half_a_character(value)}
    except (TypeError, ValueError, RecursionError) as error:
        return {"t": "bad-return", "why": f"the result does not serialise: {error}"[:MAX_TEXT]}
    if size > max_bytes:
        return {"t": "bad-return", "why": f"the result is larger than {max_bytes} bytes of JSON"}
    return {"t": "returned", "form": "own", "value": text}


def _half_a_character(value: object) -> str:
    """Say which of the results has half of a character, which no token can carry."""
    found = [name for name, item in value.items() if _has_half(name) or _has_half(item)] if type(value) is dict else []
    which = f"the claim {found[0]!a}" if found else "the result"
    return f"{which} has half of a surrogate pair, such as half an emoji, which is no text: cut texts by characters"


def _has_half(value: object) -> bool:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return any("\ud800" <= character <= "\udfff" for character in text)


def _describe_syntax(error: SyntaxError | ValueError) -> str:
    if not isinstance(error, SyntaxError):
        return f"{_file}: {error}"
    line = (error.text or "").rstrip("\n")
    caret = f"\n  {line}\n  {' ' * ((error.offset or 1) - 1)}^" if line else ""
    at = _file if error.lineno is None else f"{_file}:{error.lineno}:{error.offset}"
    return f"{at}: SyntaxError: {error.msg}{caret}"
