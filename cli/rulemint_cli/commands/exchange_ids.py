"""Read which token request a command is about."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

STANDARD_INPUT = "-"
HELP = "Its id (X-Request-Id, jti), the 8 characters that rows show, or the token; -: from standard input."
IdArgument = Annotated[str, typer.Argument(metavar="ID", help=HELP)]


def given_id(argument: str) -> str:
    """Return *argument*, or what standard input has if it is ``-``, so that no token need stand on a command line."""
    from rulemint_cli.system.access_tokens import MOST_CHARACTERS  # noqa: PLC0415  # --help does without

    return (sys.stdin.read(MOST_CHARACTERS) if argument == STANDARD_INPUT else argument).strip()
