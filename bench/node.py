"""The npm packages of the peers, installed from their lock file into a folder that is kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
SOURCE = Path(__file__).parent / "peers" / "oidc_provider"
KEPT = Path(__file__).parent / "results" / "npm"
_LOCKED = ("package.json", "package-lock.json")


class NodeFolder:
    """A folder with the peers' programs and packages."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run *argv* with Node until it ends."""
        command = [str(BIN / "node"), *argv]
        return subprocess.run(command, cwd=self.path, capture_output=True, text=True, check=False)

    def start(self, *argv: str) -> subprocess.Popen[bytes]:
        """Start *argv* with Node; what it says is nobody's business."""
        environment = {"PATH": os.environ["PATH"], "NODE_ENV": "production"}
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            [str(BIN / "node"), *argv], cwd=self.path, env=environment, stdout=quiet, stderr=quiet,
            start_new_session=True,
        )  # fmt: skip


def installed() -> NodeFolder:
    """The folder, with its packages as the lock says.

    Raises:
        SystemExit: npm could not install them; the text is npm's.
    """
    locked = b"".join((SOURCE / name).read_bytes() for name in _LOCKED)
    folder = KEPT / hashlib.sha256(locked).hexdigest()[:16]
    if not (folder / "installed").exists():
        sys.stderr.write("installing the peers' npm packages (once)\n")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in _LOCKED:
            shutil.copy(SOURCE / name, folder)
        argv = [str(BIN / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"npm could not install the peers:\n{done.stderr.strip()}")
        (folder / "installed").touch()
    for program in SOURCE.glob("*.js"):
        shutil.copy(program, folder)
    return NodeFolder(folder)
