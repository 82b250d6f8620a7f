"""docs/compatibility.md: a table of what was tried, and what a page that stands there said before."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.compatibility.cases import Case
from bench.compatibility.trial import Result

PAGE = Path(__file__).parents[2] / "docs" / "compatibility.md"
REGISTRIES = {"npm": "npm", "pypi": "PyPI"}
KINDS = (
    "HTTP", "service", "identity", "tokens", "cryptography", "validation", "data", "dates", "text", "names",
    "addresses", "flow", "policy", "logs", "tools", "database",
)  # fmt: skip
MAX_MESSAGE_CHARACTERS = 220
_RULES = "../bench/compatibility/rules"
_ROW = re.compile(rf"^\| \[[^]]+\]\({re.escape(_RULES)}/([^)]+)\) \|.*\| (works|does not work) \|", re.MULTILINE)
_HEAD = """# Packages that were tried

`make compatibility` makes this page. It starts a system, and makes a rule for each package below. The rule really uses
the package: it signs, parses, validates, or calls a service. A runner installs the package, the rule is deployed with
the default limits, and two tokens are asked for. A package *works* if both have the claim that the rule should give.
The name of each package leads to its rule, which is an example of its use.

The last column is how long the first token waited for the rule, in ms, with the start of its process. The machine did
other work at the same time, so take it for an order of magnitude.
"""
_WHY_NOT = """A package with compiled parts cannot be installed, and a rule has no sockets, no threads and no files:
see [what a rule cannot reach](rules.md#what-it-cannot-reach) and [what there is not](rules.md#what-there-is-not). The
message is what the call that made the rule was answered, or what the log says.
"""


def render(results: Mapping[Case, Result]) -> str:
    """The page."""
    parts = [_HEAD]
    for registry, title in REGISTRIES.items():
        tried = {case: result for case, result in results.items() if case.registry == registry}
        works = sum(result.works for result in tried.values())
        parts += [f"## {title}", f"{len(tried)} packages were tried, and {works} work."]
        parts += [_working(tried), f"### What does not work of {title}", _WHY_NOT.strip(), _failing(tried)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def changed(results: Mapping[Case, Result], page: str) -> list[str]:
    """A line for each of *results* that is not what *page* says."""
    said = dict(_ROW.findall(page))
    return [
        f"{case.file.name}: the page says that it {said[case.file.name]}, but now it {_word(result)}: {result.said}"
        for case, result in results.items()
        if case.file.name in said and said[case.file.name] != _word(result)
    ]


def _word(result: Result) -> str:
    return "works" if result.works else "does not work"


def _working(tried: Mapping[Case, Result]) -> str:
    order = sorted(tried, key=lambda case: (KINDS.index(case.kind), case.key))
    rows = [
        (_link(case), tried[case].version, case.kind, "works", str(tried[case].token_ms))
        for case in order
        if tried[case].works
    ]
    return _table(("package", "version", "kind", "result", "first token, ms"), rows)


def _failing(tried: Mapping[Case, Result]) -> str:
    rows = [
        (_link(case), tried[case].version or case.packages[case.name], "does not work", case.cannot, _message(result))
        for case, result in sorted(tried.items(), key=lambda each: each[0].key)
        if not result.works
    ]
    return _table(("package", "version", "result", "why, and what helps", "message"), rows)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _link(case: Case) -> str:
    return f"[{case.name}]({_RULES}/{case.file.name})"


def _message(result: Result) -> str:
    """The first line of what was said, or the last of many, as code."""
    text = next((line.strip() for line in result.said.splitlines() if line.strip()), "")
    cut = f"{text[:MAX_MESSAGE_CHARACTERS]}…" if len(text) > MAX_MESSAGE_CHARACTERS else text
    return f"`{cut.replace('`', chr(39)).replace('|', chr(92) + '|')}`"
