"""Errors that a command shows its user in place of a stack trace."""

from __future__ import annotations


class CommandError(Exception):
    """The command failed. The text is one sentence that says why, and what to do."""

    exit_code = 1
    advice = ""
    """The next thing to try, for a text that comes from the system and does not say it."""

    @property
    def details(self) -> dict[str, str | int]:
        """Return what a program may test for."""
        return {}


class UsageError(CommandError):
    """The command line is not valid. The text names the part that is wrong."""

    exit_code = 2
