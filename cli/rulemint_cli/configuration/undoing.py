"""Undo the changes of a run that fails, the last first, and say what stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from rulemint_cli.configuration.interrupting import is_second_interrupt
from rulemint_cli.configuration.plan import Change
from rulemint_cli.configuration.report import sentence
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.standard_error import say

Undo = Callable[[], Awaitable[None]]


class HalfDoneError(CommandError):
    """The step that failed may have been done, but how to undo it is not known."""


class Undoing:
    """The changes of one run, each with the call that undoes it."""

    def __init__(self) -> None:
        self._undos: list[tuple[Change, Undo]] = []

    def add(self, change: Change, undo: Undo) -> None:
        """Remember that *undo* takes back *change*, or a part of it."""
        self._undos.append((change, undo))

    def drop_last(self) -> None:
        """Forget the last change, because it was not done."""
        self._undos.pop()

    async def run(self, cause: BaseException) -> None:
        """Undo everything because of *cause*.

        Raises:
            CommandError: *cause*, if it is one, with what happened to the changes; or some could not be undone.
        """
        failed: list[str] = []
        if is_second_interrupt(cause):
            self._say_what_stays(failed)
            return
        if self._undos:
            why = "it failed" if isinstance(cause, Exception) else "interrupted"
            number = len(self._undos)
            say(f"{why}: undoing {number} change{'s' if number > 1 else ''}; Ctrl-C stops it, and leaves the rest")
        try:
            await self._undo_all(failed)
        except BaseException:
            self._say_what_stays(failed)
            raise
        if failed:
            said = f"{cause}; " if isinstance(cause, CommandError) else ""
            raise CommandError(f"{said}this could not be undone: {'; '.join(failed)}") from cause
        if isinstance(cause, HalfDoneError):
            raise CommandError(
                f"{cause}; all else is as it was: look at this record, and delete it or apply the file again"
            ) from cause
        if isinstance(cause, CommandError):
            raise CommandError(f"{cause}; nothing was changed") from cause

    async def _undo_all(self, failed: list[str]) -> None:
        while self._undos:
            change, undo = self._undos[-1]
            try:
                await undo()
            except CommandError as error:
                failed.append(f"{sentence(change)} ({error})")
            self._undos.pop()

    def _say_what_stays(self, failed: Sequence[str]) -> None:
        left = [*(sentence(change) for change, _undo in reversed(self._undos)), *failed]
        if left:
            say(f"stopped: these changes were made, and stay: {'; '.join(left)}")
