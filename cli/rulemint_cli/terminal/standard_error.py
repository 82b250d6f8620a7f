"""Write remarks to standard error, because standard output is for the result alone."""

from __future__ import annotations

import sys

from rulemint_cli.terminal.printable import printable


def say(message: str) -> None:
    """Write a remark. Control characters in it are spelled out."""
    text = "\n".join(printable(line) for line in message.splitlines())
    sys.stderr.write(f"rulemint: {text}\n")
