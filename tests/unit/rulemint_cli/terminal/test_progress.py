"""A bar on a terminal, for what takes long."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from rulemint_cli.terminal import progress
from rulemint_cli.terminal.progress import Bars


class Screen:
    """The other end of standard error, which is a terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.shown = ""

    def wait_for(self, text: str) -> None:
        while text not in self.shown:
            ready, _, _ = select.select([self._descriptor], [], [], 20)
            assert ready, f"{text} is not in {self.shown}"
            self.shown += os.read(self._descriptor, 4096).decode(errors="replace")

    def all(self) -> str:
        """With what was written and not yet read."""
        while select.select([self._descriptor], [], [], 0)[0]:
            self.shown += os.read(self._descriptor, 4096).decode(errors="replace")
        return self.shown


@contextmanager
def a_screen(*, patience_s: float) -> Iterator[Screen]:
    """While the test runs: before it, pytest has put a standard error of its own in place."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", "120")
        patch.setattr(progress, "PATIENCE_S", patience_s)
        patch.setattr(sys, "stderr", stream)
        yield Screen(ours)
    os.close(ours)


def test_it_counts_what_is_known_to_be_done() -> None:
    with a_screen(patience_s=0) as screen:
        with Bars().show("reading [all] of it", 2) as steps:
            screen.wait_for("0/2")
            steps.expect(3)
            steps.done_some(4)
            screen.wait_for("4/5")
        assert "reading [all] of it" in screen.all()


def test_what_cannot_be_counted_only_moves() -> None:
    with a_screen(patience_s=0) as screen:
        with Bars().show("waiting"):
            screen.wait_for("waiting")
        assert "/" not in screen.all()


def test_the_outermost_work_has_the_bar() -> None:
    with a_screen(patience_s=0) as screen:
        ours = Bars()
        with ours.show("outer", 7) as steps, ours.show("inner", 9) as inner:
            inner.done()
            steps.done()
            screen.wait_for("1/7")
        assert "inner" not in screen.all()


def test_many_quick_calls_are_one_long_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1_000.0
    with a_screen(patience_s=60) as screen:
        monkeypatch.setattr(
            progress, "time", SimpleNamespace(monotonic=lambda: now_s)
        )  # rich needs a clock that goes on
        ours = Bars()
        with ours.show("first"):
            now_s += 60
        with ours.show("second"):
            screen.wait_for("second")
        assert "first" not in screen.all()


def test_what_is_quick_shows_nothing() -> None:
    with a_screen(patience_s=60) as screen:
        with Bars().show("quick", 1) as steps:
            steps.done()
        assert screen.all() == ""


def test_a_program_that_reads_the_answer_gets_no_bar() -> None:
    with a_screen(patience_s=0) as screen:
        with Bars(quiet=True).show("quiet", 1) as steps:
            steps.done()
            time.sleep(0.2)
        assert screen.all() == ""
