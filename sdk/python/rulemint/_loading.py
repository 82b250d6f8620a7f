"""A path, a text or a function → a rule that can be run, as a host has it."""

from __future__ import annotations

import builtins
import inspect
import linecache
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rulemint._channel import CALLS
from rulemint._contract import descriptions, refusals
from rulemint._contract.rule import NotARule, Rule, function_of
from rulemint.results import Failed

FILE = "rule.py"
_PACKAGE = Path(__file__).with_name("__init__.py")
"""The module ``rulemint`` has no file in a host."""
FREE_NAMES = (refusals.AccessDenied, refusals.InvalidScope, refusals.InvalidRequest)

AnyRule = str | Path | Callable[..., Any]
"""A path; the text of a rule, which has a line end or a ``def`` in it; or the function itself."""


class RuleNotLoadedError(Exception):
    """A host could not load the rule: its text does not parse, raised an exception, or has no function ``rule``."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.message)
        self.failed = failed


class LoadedRule:
    """A rule whose module lives as long as this object, as in a host. Each run sees what earlier ones left in it."""

    def __init__(self, rule: AnyRule) -> None:
        """Load *rule*.

        Raises:
            RuleNotLoadedError: a host could not load it.
            OSError: the file cannot be read.
        """
        self.module: types.ModuleType | None = None
        if callable(rule):
            code = getattr(inspect.unwrap(rule), "__code__", None)
            self._file = FILE if code is None else code.co_filename
            self._function: object = rule
            return
        self._file, text = _source(rule)
        self.module = types.ModuleType("rule")
        with self.named():
            self._function = _loaded(text, self._file, self.module, self.in_its_words)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Within this, the rule is the one that errors are about, the module ``rule``, and has its free names."""
        before = descriptions.file, sys.modules.get("rule"), {name: vars(builtins).get(name) for name in _free_names()}
        descriptions.file = self._file
        vars(builtins).update(_free_names())
        if self.module is not None:
            sys.modules["rule"] = self.module
        try:
            yield
        finally:
            descriptions.file = before[0]
            _put_back(sys.modules, "rule", before[1])
            for name, value in before[2].items():
                _put_back(vars(builtins), name, value)

    def with_inputs(self, load_frame: dict[str, Any]) -> RecordingRule:
        """The rule as it is run with these secrets."""
        return RecordingRule(self._function, load_frame, CALLS)

    def in_its_words(self, text: str) -> str:
        """*text* with the rule's file as a tenant's log names it: without its folder."""
        named = text.replace(self._file, Path(self._file).name)
        return named.replace(f"({_PACKAGE})", "(unknown location)")


class RecordingRule(Rule):  # type: ignore[misc]  # a host's files have no types
    """A rule as a host runs it, which also keeps the exception that it raised."""

    exception: BaseException | None = None

    def _call(self, run: dict[str, Any]) -> object:
        try:
            return super()._call(run)
        except BaseException as error:
            self.exception = error
            raise


def _source(rule: str | Path) -> tuple[str, str]:
    """The name of the rule's file, and its text."""
    if isinstance(rule, str) and ("\n" in rule or ("def " in rule and not Path(rule).is_file())):
        linecache.cache[FILE] = (len(rule), None, rule.splitlines(keepends=True), FILE)
        return FILE, rule
    path = Path(rule).resolve()
    if path.suffix in {".js", ".mjs", ".cjs", ".ts"}:
        raise ValueError(f"{path.name} is no rule in Python: test it with the kit for JavaScript, sdk/javascript")
    return str(path), path.read_text(encoding="utf-8")


def _loaded(text: str, file: str, module: types.ModuleType, in_its_words: Callable[[str], str]) -> object:
    module.__file__ = file
    try:
        code = compile(text.removeprefix("\ufeff"), file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise RuleNotLoadedError(Failed("syntax", in_its_words(descriptions.describe_syntax(error)))) from None
    try:
        exec(code, module.__dict__)  # noqa: S102  # running this text is what a test wants
        return function_of(module)
    except NotARule as error:
        raise RuleNotLoadedError(Failed("syntax", in_its_words(str(error)))) from None
    except Exception as error:
        raise RuleNotLoadedError(Failed("exception", in_its_words(descriptions.describe(error)))) from error


def _free_names() -> dict[str, object]:
    return {refusal.__name__: refusal for refusal in FREE_NAMES}


def _put_back(names: dict[str, Any], name: str, value: object) -> None:
    if value is None:
        names.pop(name, None)
    else:
        names[name] = value
