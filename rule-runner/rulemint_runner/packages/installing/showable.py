"""Show a rule's author an installer's words: names, versions and the registry, nothing of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_FILE_URL = re.compile(r"file:[^\s'\"]*")
_PATH = re.compile(r"(?<![\w:/.~@%-])/(?:[\w.@+~%-]+/?)+")
"""An absolute path; that of a URL follows its host."""
_HIDDEN = "…"


def without_credentials(text: str) -> str:
    """*text* without what a URL in it may have of a password."""
    return _CREDENTIALS.sub("//", text).strip()


def shown(output: str, *, gate: str, stands_for: Mapping[str, str]) -> str:
    """An installer's *output*, with what the paths below *gate* stand for in place of them, and without other paths."""
    found = re.sub(rf"{re.escape(gate)}([^\s'\"),]*)", lambda match: _place(match[1], stands_for), output)
    return _PATH.sub(_HIDDEN, _FILE_URL.sub(_HIDDEN, found))


def _place(path: str, stands_for: Mapping[str, str]) -> str:
    """The URL of *path*: of itself, or of the longest beginning that is known."""
    beginnings = [known for known in stands_for if path.startswith(known)]
    known = max(beginnings, key=len, default="")
    return stands_for[known] + path.removeprefix(known) if known else _HIDDEN
