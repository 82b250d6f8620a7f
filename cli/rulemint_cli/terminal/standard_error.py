"""Write remarks to standard error, so that standard output has the result alone."""

from __future__ import annotations

import sys

from rulemint_cli.terminal.printable import printable


def say(message: str) -> None:
    """A remark beside the output; what a system says in it cannot drive the terminal."""
    text = "\n".join(printable(line) for line in message.splitlines())
    sys.stderr.write(f"rulemint: {text}\n")
