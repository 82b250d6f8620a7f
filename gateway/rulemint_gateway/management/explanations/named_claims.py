"""Find in the text of a rule which claims and scopes a line would set. A text says so only where it names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulemint_shared.contract.traces import Span

_CLAIM = re.compile(
    r"""setCustomClaim\(\s*["'`](?P<api>[^"'`]{1,256})["'`]"""
    r"""|\[\s*["'](?P<item>[^"']{1,256})["']\s*\]\s*=(?!=)"""
    r"""|(?P<of>[A-Za-z_$][\w$]{0,255})?\.(?P<property>[A-Za-z_$][\w$]{0,255})\s*=(?![=>])"""
)
_NO_RESULTS = {"module", "exports", "self", "this", "globalThis", "process", "console", "prototype"}
"""Objects that no rule returns: `module.exports = …` names no claim."""
_LITERAL = re.compile(r"""(?:["'](?P<quoted>[^"']{1,256})["']|\b(?P<bare>[A-Za-z_$][\w$]{0,255}))\s*:(?!:)""")
_ANSWERS = re.compile(r"\breturn\b|\bcb\(|\bcallback\(|^\s*(?:export default|(?:module\.)?exports)\b.*=>\s*\(\{")
_SCOPE = re.compile(
    r"""(?:addScope|addTargetScope|append|push|add)\(\s*["'`](?P<scope>[\x21\x23-\x5b\x5d-\x7e]{1,256})["'`]"""
)
_COMMENT = re.compile(r"^\s*(?://|#|/?\*)")
MAX_LINES = 20_000


def named_in(text: str, spans: list[Span] | None = None) -> Iterator[tuple[str, str, int, Span | None]]:
    """Each ``claim`` or ``scope`` with its name, its line and its span, of these *spans*; None: of the whole text."""
    lines = text.split("\n", MAX_LINES)[:MAX_LINES]
    for span in [None] if spans is None else spans:
        first, last = (1, len(lines)) if span is None else (span.first, min(span.last, len(lines)))
        for number in range(first, last + 1):
            yield from ((kind, name, number, span) for kind, name in _named_on(lines[number - 1]))


def _named_on(line: str) -> Iterator[tuple[str, str]]:
    if _COMMENT.match(line):
        return
    for found in _CLAIM.finditer(line):
        name = found["api"] or found["item"] or found["property"]
        if name != "scope" and found["of"] not in _NO_RESULTS and name != "exports":
            yield "claim", name
    if _ANSWERS.search(line):
        for found in _LITERAL.finditer(line):
            name = found["quoted"] or found["bare"]
            if name != "scope":
                yield "claim", name
    for found in _SCOPE.finditer(line):
        yield "scope", found["scope"]
