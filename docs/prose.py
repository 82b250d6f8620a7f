"""Check the measurable part of plain English, in the code and on the pages that are held to it (``make lint``).

In the code, no docstring begins with a question word. In the code and on a page, no sentence has more than `MOST_WORDS`
words, and none uses a word of `NOT_PLAIN`. When you have rewritten a page, remove it from `PAGES_TO_DO`. ``--others``
counts the problems on pages that are not held yet.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES_TO_DO = (
    "CHANGELOG.md",
    "docs/auth0-facts.md",
    "docs/reliability.md",
    "docs/security/layers.md",
)
"""All other pages are held."""
PACKAGES = (
    "shared/rulemint_shared",
    "gateway/rulemint_gateway",
    "rule-runner/rulemint_runner",
    "cli/rulemint_cli",
    "sdk/python/rulemint",
)

MOST_WORDS = 30
"""Above the 20 that are the rule, because some sentences list things."""
QUESTION_WORDS = frozenset(
    ("what", "whatever", "when", "where", "whether", "which", "who", "whoever", "whom", "whose", "why", "how")
)
NOT_PLAIN = {
    "whoever": "name the actor",
    "whatever": "name the thing",
    "whom": "turn the sentence round",
    "beside": "next to, with, besides",
    "meanwhile": "while, until then, in the meantime",
    "any longer": "no more, any more",
    "so does": "repeat the verb",
    "so do": "repeat the verb",
    "so are": "repeat the verb",
    "so is": "repeat the verb",
}
"""The words that are not used, each with a way to write it."""

_BLOCK_OF_CODE = re.compile(r"^ *```.*?^ *```|(?:(?<=\n\n)|\A)(?: {4}[^\n]*(?:\n|\Z))+", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"``[^`]+``|`[^`]+`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+")
_END = re.compile(r"(?<=[.!?])[*_)”\"]*\s+")
_SECTION = re.compile(r"\s*(?:Args|Raises|Returns|Yields):\Z")
_FIRST = re.compile(r"[A-Za-z]+")
_NOT_PLAIN_WORD = re.compile(rf"\b(?:{'|'.join(NOT_PLAIN)})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Text:
    """A docstring or a paragraph, and where it stands."""

    file: Path
    line: int
    words: str


def problems_of_package(folder: Path) -> Iterator[str]:
    """Check all docstrings of the Python files below *folder*."""
    for text in docstrings(folder):
        first = _FIRST.search(text.words)
        if first and first[0].lower() in QUESTION_WORDS:
            yield f"{_place(text)}: begins with “{first[0]}”: begin with a verb or with the thing's name"
        yield from _problems_of_prose(text)


def problems_of_page(page: Path) -> Iterator[str]:
    """Check all sentences of *page* outside of code."""
    yield from _problems_of_prose(Text(page, 1, page.read_text(encoding="utf-8")))


def _problems_of_prose(text: Text) -> Iterator[str]:
    """Check all sentences of *text* outside of blocks of code."""
    words = _BLOCK_OF_CODE.sub(lambda block: "\n" * block[0].count("\n"), text.words)
    for paragraph in _paragraphs(Text(text.file, text.line, words)):
        yield from _problems(paragraph)


def docstrings(folder: Path) -> Iterator[Text]:
    """Find the docstrings of all modules, classes, functions and attributes below *folder*."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                words = ast.get_docstring(node)
                if words:
                    yield Text(file, node.body[0].lineno, words)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield from _attribute_docstrings(file, node)


def _attribute_docstrings(file: Path, owner: ast.Module | ast.ClassDef | ast.FunctionDef) -> Iterator[Text]:
    """Find the texts that stand behind the assignments of *owner*."""
    for assigned, behind in pairwise(owner.body):
        if not isinstance(assigned, ast.Assign | ast.AnnAssign):
            continue
        if (
            isinstance(behind, ast.Expr)
            and isinstance(behind.value, ast.Constant)
            and isinstance(behind.value.value, str)
        ):
            yield Text(file, behind.lineno, inspect.cleandoc(behind.value.value))


def _paragraphs(text: Text) -> Iterator[Text]:
    """Split at empty lines, items, headings, cells of tables, and the sections of a docstring."""
    began, lines = text.line, list[str]()

    def ended() -> Iterator[Text]:
        if lines:
            yield Text(text.file, began, " ".join(lines))
            lines.clear()

    for number, line in enumerate(text.words.splitlines(), text.line):
        item = _ITEM.match(line)
        if not line.strip() or item or line.startswith(("#", "|")) or _SECTION.match(line):
            yield from ended()
        if line.startswith("|"):
            yield from (Text(text.file, number, cell) for cell in line.strip("| ").split("|"))
        elif line.strip() and not line.startswith("#") and not _SECTION.match(line):
            began = began if lines else number
            lines.append(line[item.end() :] if item else line.strip())
    yield from ended()


def _problems(paragraph: Text) -> Iterator[str]:
    prose = _LINK.sub(r"\1", _CODE.sub("code", paragraph.words))
    for found in _NOT_PLAIN_WORD.finditer(prose):
        yield f"{_place(paragraph)}: “{found[0]}”: {NOT_PLAIN[found[0].lower()]}"
    for sentence in _END.split(prose):
        count = len(sentence.split())
        if count > MOST_WORDS:
            yield f"{_place(paragraph)}: {count} words in a sentence, {MOST_WORDS} at most: {sentence[:60]}…"


def _place(text: Text) -> str:
    return f"{text.file.relative_to(ROOT) if text.file.is_relative_to(ROOT) else text.file}:{text.line}"


def held_pages() -> list[Path]:
    """Find all pages but those of `PAGES_TO_DO`."""
    pages = {*ROOT.glob("*.md"), *ROOT.glob("*/README.md"), *(ROOT / "docs").rglob("*.md")}
    return sorted(pages - {ROOT / page for page in PAGES_TO_DO})


def _show_others() -> None:
    """Print each page that is not held, with the number of its problems."""
    for page in PAGES_TO_DO:
        sys.stdout.write(f"{len(list(problems_of_page(ROOT / page))):4}  {page}\n")


def main() -> int:
    """Run the check. The exit code is 1 if there is a problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--others", action="store_true", help="Show what is not held yet, and how far it is.")
    if parser.parse_args().others:
        _show_others()
        return 0
    problems = [problem for package in PACKAGES for problem in problems_of_package(ROOT / package)]
    problems += [problem for page in held_pages() for problem in problems_of_page(page)]
    for problem in problems:
        sys.stdout.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
