"""No pattern of the product takes a line break after the end that it asks for."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Annotated, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rulemint_cli
import rulemint_gateway
import rulemint_runner
import rulemint_shared
from rulemint_shared.whole_text import plainly, whole

ROOT = Path(__file__).parents[2]
Lower = Annotated[str, msgspec.Meta(pattern=whole("[a-z]+"))]
PACKAGES = [rulemint_shared, rulemint_gateway, rulemint_runner, rulemint_cli]
_ESCAPED_OR_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_LOOSE_END = re.compile(r"\$(?!\(\?!\\?\n)")


def is_loose(pattern: str | bytes, *, multiline: bool = False) -> bool:
    """Whether *pattern* ends in a ``$`` that also matches before a line break."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    bare = _ESCAPED_OR_CLASS.sub(lambda found: "\n" if found[0] == r"\n" else "", text)
    return not multiline and _LOOSE_END.search(bare) is not None


def modules() -> list[ModuleType]:
    """Every module of the product that a service or the command line imports."""
    return [
        importlib.import_module(found.name)
        for package in PACKAGES
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not found.name.endswith("__main__")
    ]


@cache
def bounded_patterns() -> frozenset[str]:
    """The patterns of all bounded types: of fields of structs, and of types that have a name."""
    found: set[str] = set()
    for module in modules():
        for value in vars(module).values():
            is_struct = isinstance(value, type) and issubclass(value, msgspec.Struct)
            hints = get_type_hints(value, include_extras=True).values() if is_struct else [value]
            found.update(pattern for hint in hints for pattern in patterns_in(hint))
    return frozenset(found)


def patterns_in(hint: object) -> Iterator[str]:
    """The patterns that *hint* has, and those of the types that it is made of."""
    for bound in getattr(hint, "__metadata__", ()):
        if isinstance(bound, msgspec.Meta) and bound.pattern is not None:
            yield bound.pattern
    for part in get_args(hint):
        yield from patterns_in(part)


def compiled(value: object) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from compiled(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from compiled(each)


def literal_patterns(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and pattern of each call such as ``re.search("…")``, but for those of single lines."""
    for call in ast.walk(tree):
        if (
            isinstance(call, ast.Call)
            and ast.unparse(call.func).startswith("re.")
            and "MULTILINE" not in ast.unparse(call)
        ):
            for part in ast.walk(call.args[0]) if call.args else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield call.lineno, part.value


def test_every_bounded_text_ends_where_its_pattern_ends() -> None:
    assert len(bounded_patterns()) > 15
    assert sorted(pattern for pattern in bounded_patterns() if is_loose(pattern)) == []


def test_no_compiled_pattern_takes_a_line_break_after_its_end() -> None:
    found = [
        (module.__name__, name, pattern)
        for module in modules()
        for name, value in vars(module).items()
        for pattern in compiled(value)
    ]
    assert len(found) > 50
    assert [each for each in found if is_loose(each[2].pattern, multiline=bool(each[2].flags & re.MULTILINE))] == []


@pytest.mark.parametrize("folder", ["shared", "gateway", "rule-runner", "cli", "docs", "bench"])
def test_no_pattern_in_a_call_takes_a_line_break_after_its_end(folder: str) -> None:
    """Also those in functions, and in programs that no service imports."""
    loose = [
        (str(path.relative_to(ROOT)), line, pattern)
        for path in (ROOT / folder).rglob("*.py")
        if ".venv" not in path.parts  # where a bench has installed its peers
        for line, pattern in literal_patterns(ast.parse(path.read_bytes()))
        if is_loose(pattern)
    ]
    assert loose == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"^a+$", True),
        (r"^(a|b$)", True),
        (r"^[$]a\$", False),
        (r"^a+\Z", False),
        (whole("a+"), False),
        (r"^a$(?!b)", True),
        (rb"a$", True),
    ],
)
def test_a_loose_end_is_seen(pattern: str | bytes, expected: bool) -> None:
    assert is_loose(pattern) is expected


@given(st.data())
def test_what_a_bounded_pattern_takes_it_takes_from_the_first_to_the_last_character(data: st.DataObject) -> None:
    """Also a pattern of choices, in which one end could be of the last choice only."""
    pattern = data.draw(st.sampled_from(sorted(each for each in bounded_patterns() if plainly(each) != each)))
    text = data.draw(st.from_regex(pattern))
    assert re.fullmatch(pattern, text)
    assert not re.search(pattern, f"{text}\n")
    assert not re.search(pattern, f"\n{text}") or re.fullmatch(pattern, f"\n{text}")


def test_readers_see_the_pattern_without_what_python_needs() -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert("A\n", Lower)
    assert plainly(str(refused.value)) == "Expected `str` matching regex '^[a-z]+$'"
    assert plainly(whole("[a-z]+")) == "^[a-z]+$"
