"""Write remarks to standard error, because standard output is for the result alone."""

from __future__ import annotations

import sys

from rulemint_cli.terminal.printable import printable
from rulemint_cli.terminal.program import as_called_here


def say(message: str) -> None:
    """Write a remark. Commands in it are as they are called here. Control characters in it are spelled out."""
    text = "\n".join(printable(line) for line in as_called_here(message).splitlines())
    sys.stderr.write(f"rulemint: {text}\n")
