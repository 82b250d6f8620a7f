"""The installers' own programs, as children of this process that end with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rulemint_shared import tether


def run(command: list[str], environment: dict[str, str], folder: Path) -> tuple[int, str]:
    """Run *command* in *folder*; returns its exit code and everything that it said."""
    tethered = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *command]
    done = subprocess.run(
        tethered,
        env={"LC_ALL": "C.UTF-8", "TMPDIR": str(folder), **environment},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode(errors="replace")
