"""The text of a rule as a row of tokens, in any of its languages: no comments, and each token with its line."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

MAX_TOKENS = 20_000

_TOKEN = re.compile(
    r"""(?P<string>\b[rRfFbBuU]{0,2}(?:"(?:[^"\\\n]|\\.){0,500}"|'(?:[^'\\\n]|\\.){0,500}')|"(?:[^"\\\n]|\\.){0,500}"|'(?:[^'\\\n]|\\.){0,500}')"""
    r"""|(?P<number>\b\d[\d_]*(?:\.\d+)?)"""
    r"""|(?P<name>[A-Za-z_$][\w$]*)"""
    r"""|(?P<op>===|!==|==|!=|<=|>=|=>|&&|\|\||\?\?|\?\.|:=|\S)"""
)
_LONG = {"//": "\n", "/*": "*/", "`": "`", '"""': '"""', "'''": "'''", "#": "\n"}
"""The beginning of a long token → its end. It is looked for once: a text of very many beginnings costs no more."""
_REGEX = re.compile(r"/(?P<body>(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){1,60}\]){1,200})/[a-z]*")
_BEFORE_REGEX = {"(", ",", "=", ":", "&&", "||", "!", "{", ";", "return", "=>", "?"}


class Token(NamedTuple):
    """One token: *text* of a string is what it holds."""

    kind: Literal["string", "number", "name", "op", "regex"]
    text: str
    line: int
    """From 1."""


def tokens_of(text: str, *, is_python: bool) -> list[Token]:
    """Take *text* apart; of a very long one its beginning. What is no text of the language comes as it is."""
    return list(islice(_tokens(text, is_python=is_python), MAX_TOKENS))


def _tokens(text: str, *, is_python: bool) -> Iterator[Token]:
    at, line, last = 0, 1, "("
    starts = ('"""', "'''", "#") if is_python else ("//", "/*", "`")
    while at < len(text):
        if text[at].isspace():
            line += text[at] == "\n"
            at += 1
            continue
        regex = None if is_python else _regex(text, at, line, last)
        token, beyond = _long(text, at, line, starts) or regex or _short(text, at, line)
        if token is not None:
            yield token
            last = token.text if token.kind in {"op", "name"} else token.kind
        line += text.count("\n", at, beyond)
        at = beyond


_Found = tuple[Token | None, int]


def _long(text: str, at: int, line: int, starts: tuple[str, ...]) -> _Found | None:
    """A comment, which is no token, or a text of several lines."""
    start = next((each for each in starts if text.startswith(each, at)), None)
    if start is None:
        return None
    mark = _LONG[start]
    end = text.find(mark, at + len(start))
    end = len(text) if end < 0 else end
    if start in {"//", "/*", "#"}:
        return None, end + (len(mark) if start == "/*" else 0)
    return Token("string", text[at + len(start) : end], line), end + len(mark)


def _regex(text: str, at: int, line: int, last: str) -> _Found | None:
    found = _REGEX.match(text, at) if text[at] == "/" and last in _BEFORE_REGEX else None
    return None if found is None else (Token("regex", found["body"], line), found.end())


def _short(text: str, at: int, line: int) -> _Found:
    found = _TOKEN.match(text, at)
    if found is None:
        return None, at + 1
    kind = found.lastgroup
    if kind == "string":
        return Token("string", _held(found[0]), line), found.end()
    if kind == "number":
        return Token("number", found[0].replace("_", ""), line), found.end()
    return Token("name" if kind == "name" else "op", found[0], line), found.end()


def _held(quoted: str) -> str:
    body = quoted.lstrip("rRfFbBuU")
    inner = body[1:-1]
    if "\\" not in inner or quoted[0] in "rR":
        return inner
    try:
        return str(ast.literal_eval(body))
    except (SyntaxError, ValueError):
        return inner
