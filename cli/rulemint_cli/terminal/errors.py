"""What a command tells its user instead of a stack trace."""

from __future__ import annotations


class CommandError(Exception):
    """The command failed; the text is one sentence that says what to do."""

    exit_code = 1
    advice = ""
    """What to try next, where the text is another's and does not say."""


class UsageError(CommandError):
    """The command line cannot be meant; the text says which part."""

    exit_code = 2
