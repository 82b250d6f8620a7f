"""The Python packages that the bench alone needs, in ``bench/.venv``, installed from ``bench/requirements.lock``."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parents[1]
LOCK = HERE / "requirements.lock"
FOLDER = HERE / ".venv"
BIN = FOLDER / "bin"


def installed() -> Path:
    """The folder of its programs, with the packages as the lock says.

    Raises:
        SystemExit: pip could not install them; the text is pip's.
    """
    stamp = FOLDER / "installed"
    locked = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == locked:
        return BIN
    sys.stderr.write("setting up bench/.venv from bench/requirements.lock (once; about a minute)\n")
    venv.create(FOLDER, clear=True, with_pip=True)
    pip = [str(BIN / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    done = subprocess.run(
        [*pip, "--require-hashes", "--prefer-binary", "-r", str(LOCK)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"pip could not set up bench/.venv:\n{done.stderr.strip()}")
    stamp.write_text(locked)
    return BIN
