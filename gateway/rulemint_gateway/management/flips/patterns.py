"""Make texts that a simple regular expression finds: what it begins with, and the first of each choice.

The expression is a rule's, so it is not run here: whether it finds the text, a replay shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST = 200
_CLASSES = {"d": "1", "w": "a", "s": " ", "S": "a", "D": "a", "W": "-", "b": "", "B": ""}


def example_of(pattern: str) -> Iterator[str]:
    """Texts that *pattern* may find; nothing, if it has nothing special in it or is too special."""
    if len(pattern) > _MOST or not re.search(r"[\\^$.|?*+()\[\]]", pattern):
        return
    for branch in pattern.removeprefix("^").removesuffix("$").split("|")[:5]:
        yield _made(branch)
        yield f"{_made(branch)}a"


def _made(branch: str) -> str:
    made: list[str] = []
    at = 0
    while at < len(branch):
        part, at = _part(branch, at)
        count, at = _count(branch, at)
        made.append(part * count)
    return "".join(made)[:_MOST]


def _part(branch: str, at: int) -> tuple[str, int]:
    character = branch[at]
    if character == "\\" and at + 1 < len(branch):
        return _CLASSES.get(branch[at + 1], branch[at + 1]), at + 2
    if character == "[":
        end = branch.find("]", at + 1)
        inner = branch[at + 1 : end]
        first = inner[:1]
        if first == "\\":
            first = _CLASSES.get(inner[1:2], inner[1:2])
        return ("~" if first == "^" else first), (len(branch) if end < 0 else end + 1)
    if character in "^$()":
        return "", at + 1
    if character == "?" and branch[at - 1 : at] == "(":  # (?: and its like
        return "", at + 2
    return ("a" if character == "." else character), at + 1


def _count(branch: str, at: int) -> tuple[int, int]:
    if at < len(branch) and branch[at] in "*+?" and branch[at - 1] != "(":
        return 1, at + 1
    if found := re.compile(r"\{(\d{1,2})(?:,\d*)?\}").match(branch, at):
        return int(found[1]), found.end()
    return 1, at
