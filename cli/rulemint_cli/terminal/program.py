"""Name the command line in messages as its reader calls it, such as ``docker compose exec gateway rulemint``."""

from __future__ import annotations

import re

import msgspec

from rulemint_shared.process.settings import read_settings

_NAMED = re.compile(r"(?<![\w./-])rulemint(?= [a-z])")


class _Program(msgspec.Struct, frozen=True):
    """The one setting of `ClientSettings` that messages need."""

    program: str = "rulemint"


def as_called_here(message: str) -> str:
    """Return *message* with commands that can be pasted where its reader is."""
    program = read_settings(_Program).program
    return message if program == "rulemint" else _NAMED.sub(program.replace("\\", r"\\"), message)


def if_local(command: str) -> str:
    """Return *command* in brackets, where it starts a system. In a container nothing does that from the inside."""
    return f" ({command})" if read_settings(_Program).program == "rulemint" else ""
