from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def prose() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prose_check", ROOT / "docs/prose.py")
    assert spec is not None
    assert spec.loader is not None
    check = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = check  # dataclasses look their module up
    spec.loader.exec_module(check)
    return check


def page_problems(prose: ModuleType, tmp_path: Path, text: str) -> list[str]:
    page = tmp_path / "page.md"
    page.write_text(text)
    return [problem.removeprefix(f"{page}:") for problem in prose.problems_of_page(page)]


def test_a_long_sentence_is_found_at_the_line_where_its_paragraph_begins(prose: ModuleType, tmp_path: Path) -> None:
    long = "one two three four five six seven eight nine ten\n" * 3 + "eleven."
    assert page_problems(prose, tmp_path, f"# A title\n\nShort.\n\n{long}\n") == [
        "5: 31 words in a sentence, 30 at most: one two three four five six seven eight nine ten one two thr…"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "word " * 20 + "end. " + "word " * 20 + "end.",
        "- " + "word " * 20 + "\n- " + "word " * 20,
        "| " + "word " * 20 + "| " + "word " * 20 + "|",
        "```\n" + "word " * 40 + "\n```\n",
        "Do:\n\n    " + "word " * 20 + "\n    " + "word " * 20 + "\n\nEnd.\n",
        "See `" + "word " * 40 + "`.",
        "See [it](" + "x/ " * 40 + ").",
        "word " * 20 + "\n\n" + "word " * 20,
    ],
    ids=["two sentences", "items", "cells", "a fenced block", "an indented block", "code", "an address", "paragraphs"],
)
def test_what_is_no_long_sentence_is_let_through(prose: ModuleType, tmp_path: Path, text: str) -> None:
    assert page_problems(prose, tmp_path, text) == []


def test_a_word_that_is_not_plain_is_found_but_not_in_code(prose: ModuleType, tmp_path: Path) -> None:
    assert page_problems(prose, tmp_path, "It waits.\n\nAsk whoever\nknows `whatever` it is.\n") == [
        "3: “whoever”: name the actor"
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param('"""What a rule says."""\n', "1: begins with “What”", id="a module"),
        pytest.param('X = 1\n\n\ndef f():\n    """Whether it is so."""\n', "5: begins with “Whether”", id="a function"),
        pytest.param('X = 1\n\n\ndef f():\n    """True if it is so."""\n', None, id="another word"),
        pytest.param(
            f'"""A tree.\n\n::\n\n    {"a " * 40}\n"""\n',
            None,
            id="a block of code",
        ),
        pytest.param(
            'class A:\n    """``x``: a thing."""\n\n    def f(self):\n        """Who is it."""\n', "5: ", id="a method"
        ),
        pytest.param('X = 1\n"""How it is."""\n', "2: begins with “How”", id="a constant"),
        pytest.param('"""Begin with `` `code` `` and\n\nArgs:\n    a: What is given.\n"""\n', None, id="an argument"),
    ],
)
def test_a_docstring_that_begins_with_a_question_word_is_found(
    prose: ModuleType, tmp_path: Path, source: str, said: str | None
) -> None:
    (tmp_path / "module.py").write_text(source)
    found = list(prose.problems_of_package(tmp_path))
    assert len(found) == (said is not None)
    if said is not None:
        assert f"module.py:{said}" in found[0]
        assert "begin with a verb or with the thing's name" in found[0]
