"""Say in plain words what is wrong with a value: the field, what may stand there, and what came.

msgspec says ``Expected `str`, got `int` - at `$.name` ``. `WrongValue` takes that apart, and `in_words` tells it as
people would. All that people read about a wrong value is made here: answers of the API, settings, files, options.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET, inspect

from rulemint_shared.secrets.names import is_secret_name
from rulemint_shared.whole_text import meaning_of

SHOWN_CHARACTERS = 60
SHOWN_NAMES = 30
AN_ENTRY = "[...]"
"""msgspec's word for an entry of an object that has any names: it does not say which one."""
_AT = re.compile(r" - at (?P<key>`key` in )?`(?P<path>\$[^`]*)`\Z")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<place>[^\]]*)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_NO_MEMBER = re.compile(r"Invalid (?:enum )?value .*", re.DOTALL)
_KIND = re.compile(r"Expected `([^`]+)`(?:, got `([^`]+)`)?")
_SIZE = re.compile(r"Expected `([^`]+)` of (?:at least |at most )?length (?:(<=|>=) )?(\d+).*")
_NUMBER = re.compile(r"Expected `([^`]+)` (<=|>=|<|>) (-?[0-9.e+]+)")
_PATTERN = re.compile(r"Expected `str` matching regex (.*)", re.DOTALL)
_OF_A_LIBRARY = re.compile(r"Expected |Invalid |Object |Integer |Number |.*out of range")
"""Beginnings of msgspec's own words. All others are those of our types, which are plain already."""
_KINDS = {
    "str": "a text",
    "object": "an object",
    "array": "a list",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
}
_BOUNDS = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than", None: "exactly"}


@dataclass(frozen=True)
class WrongValue:
    """An error of msgspec, taken apart."""

    path: str
    """The place: ``$.clients[0].name``. Of a name in an object, it is that of the object."""
    reason: str
    """msgspec's words, without the place."""
    is_name: bool = False
    """It is about a name in the object at the path."""

    @classmethod
    def of(cls, error: msgspec.ValidationError) -> WrongValue:
        """Take *error* apart."""
        text = str(error)
        at = _AT.search(text)
        return cls(at["path"], text[: at.start()], at["key"] is not None) if at else cls("$", text)

    @property
    def field(self) -> str:
        """The field, as people write it: ``clients[0].name``; empty for the whole."""
        return self.path.removeprefix("$").removeprefix(".")

    @property
    def unknown(self) -> str | None:
        """The name of a field that nobody knows, if that is what is wrong."""
        found = _UNKNOWN.fullmatch(self.reason)
        return None if found is None else found[1]

    @property
    def missing(self) -> str | None:
        """The name of a field that is missing, if that is what is wrong."""
        found = _MISSING.fullmatch(self.reason)
        return None if found is None else found[1]

    @property
    def has_a_pattern(self) -> bool:
        """True if a text came, but has not the form that is wanted."""
        return _PATTERN.fullmatch(self.reason) is not None

    def within(self, name: str) -> str:
        """The field *name* of the object that this is about: ``clients[0].name``."""
        return f"{self.field}.{name}" if self.field else name


def in_words(wrong: WrongValue, *, kind: Any = None, value: Any = UNSET, object_word: str = "an object") -> str:
    """Say what may stand at the place of *wrong*, and what came.

    Args:
        wrong: What is wrong.
        kind: The type of the whole value, for the names and values that there are.
        value: The whole value. A text or a number that came is shown in part, unless its name says that it is secret.
        object_word: What its readers call an object of JSON.
    """
    if wrong.missing is not None:
        return f"{wrong.missing} is missing"
    if wrong.unknown is not None:
        return f"there is no such field{_there_are(_fields_at(kind, wrong.path))}"
    if wrong.is_name:
        return f"one of its names is wrong: {_what_to_write(wrong, kind, UNSET, object_word)}"
    return _what_to_write(wrong, kind, _at(value, wrong.path), object_word)


def _what_to_write(wrong: WrongValue, kind: Any, came: Any, object_word: str) -> str:
    shown = f": {text}" if (text := _shown(wrong.path, came)) else ""
    if _NO_MEMBER.fullmatch(wrong.reason):
        members = _members_at(kind, wrong.path)
        allowed = f"one of {', '.join(members)}" if members else "one of the values that there are"
        return f"{text} is not {allowed}" if text else f"write {allowed}"
    if pattern := _PATTERN.fullmatch(wrong.reason):
        means = meaning_of(pattern[1])
        return f"write {means}{_not(shown)}"
    if size := _SIZE.fullmatch(wrong.reason):
        return _of_another_size(size[1], size[2], size[3], came, object_word)
    if number := _NUMBER.fullmatch(wrong.reason):
        return f"write {_kinds(number[1], object_word)} that is {_BOUNDS[number[2]]} {number[3]}{_not(shown)}"
    if kinds := _KIND.fullmatch(wrong.reason):
        wanted = _kinds(kinds[1], object_word)
        return f"write {wanted}" + ("" if kinds[2] is None else f", not {_kinds(kinds[2], object_word)}{shown}")
    return f"write another value{_not(shown)}" if _OF_A_LIBRARY.match(wrong.reason) else wrong.reason


def _not(shown: str) -> str:
    return f", not{shown[1:]}" if shown else ""


def _of_another_size(kind: str, bound: str | None, size: str, came: Any, object_word: str) -> str:
    what = "characters" if kind == "str" else "bytes" if kind == "bytes" else "entries"
    if size == "1":
        what = what.removesuffix("s") if what != "entries" else "entry"
    has = f", not {len(came)}" if hasattr(came, "__len__") else ""
    return f"write {_kinds(kind, object_word)} of {_BOUNDS[bound]} {size} {what}{has}"


def _kinds(names: str, object_word: str) -> str:
    words = {**_KINDS, "object": object_word}
    return " or ".join(words.get(name, name) for name in names.split(" | "))


def _shown(path: str, came: Any) -> str:
    """Show what came, or nothing if it may be or hold a secret: the whole, a list, an object."""
    if path == "$" or not isinstance(came, str | int | float | None):
        return ""
    if any(step["name"] and is_secret_name(step["name"]) for step in _STEP.finditer(path)):
        return "what came (it is secret)"
    try:
        text = msgspec.json.encode(came).decode()
    except (ValueError, OverflowError):  # half a surrogate pair, or a number that is too large
        return ""
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _there_are(names: list[str]) -> str:
    if not names:
        return ""
    more = ", …" if len(names) > SHOWN_NAMES else ""
    return f": there are {', '.join(names[:SHOWN_NAMES])}{more}"


def _at(value: Any, path: str) -> Any:
    """The part of *value* at *path*; UNSET if the path does not say which."""
    for step in _STEP.finditer(path):
        try:
            value = value[step["name"]] if step["name"] else value[int(step["place"])]
        except (KeyError, IndexError, ValueError, TypeError):
            return UNSET
    return value


def _fields_at(kind: Any, path: str) -> list[str]:
    return [
        field.encode_name
        for found in _types_at(kind, path)
        if isinstance(found, inspect.StructType)
        for field in found.fields
    ]


def _members_at(kind: Any, path: str) -> list[str]:
    members: list[str] = []
    for found in _types_at(kind, path):
        if isinstance(found, inspect.EnumType):
            members += [str(member.value) for member in found.cls]
        elif isinstance(found, inspect.LiteralType):
            members += [str(value) for value in found.values]
    return members


def _types_at(kind: Any, path: str) -> list[inspect.Type]:
    """The types that *kind* allows at *path*. There are several where it is a union."""
    if kind is None:
        return []
    found = _alternatives(inspect.type_info(kind))
    for step in _STEP.finditer(path):
        found = [each for outer in found for inner in _inside(outer, step["name"]) for each in _alternatives(inner)]
    return found


def _inside(outer: inspect.Type, name: str | None) -> list[inspect.Type]:
    if isinstance(outer, inspect.StructType) and name:
        return [field.type for field in outer.fields if field.encode_name == name]
    if isinstance(outer, inspect.DictType):
        return [outer.value_type]
    if isinstance(outer, inspect.ListType | inspect.VarTupleType | inspect.SetType):
        return [outer.item_type]
    return []


def _alternatives(found: inspect.Type) -> list[inspect.Type]:
    while isinstance(found, inspect.Metadata):
        found = found.type
    return (
        [each for part in found.types for each in _alternatives(part)]
        if isinstance(found, inspect.UnionType)
        else [found]
    )
