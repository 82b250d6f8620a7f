"""Open the data directory of ``rulemint dev``: everything that outlives a run. A lock lets one process use it."""

from __future__ import annotations

import fcntl
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.secrets.vault import VaultError, create_master_key, create_secret_file, keep_runner_key

LONGEST_SOCKET_PATH = 100
"""A unix socket's path has 108 bytes at most (unix(7))."""


@dataclass(frozen=True)
class DataDir:
    """The paths in a data directory."""

    path: Path
    run_dir: Path
    """The folder of the sockets (0700); its path is short enough for a unix socket."""

    @property
    def master_key(self) -> Path:
        """Return the file of the key that encrypts secrets at rest (0600)."""
        return self.path / "master.key"

    @property
    def runner_key(self) -> Path:
        """Return the file of the runner's key, which is derived from the master key (0600)."""
        return self.path / "runner.key"

    @property
    def admin_file(self) -> Path:
        """Return the file of the administrator's credentials (0600)."""
        return self.path / "admin.json"

    @property
    def valkey_dir(self) -> Path:
        """Return the folder of the embedded Valkey's data."""
        return self.path / "valkey"

    @property
    def valkey_password(self) -> Path:
        """Return the file of the embedded Valkey's password (0600)."""
        return self.path / "valkey.password"

    @property
    def tls_dir(self) -> Path:
        """Return the folder of the local certificate authority and its certificate (0700)."""
        return self.path / "tls"

    @property
    def demo_marker(self) -> Path:
        """Return the file that exists once the demo was made, so that a deleted demo stays deleted."""
        return self.path / "demo.made"


@contextmanager
def open_data_dir(path: Path) -> Iterator[DataDir]:
    """Open the data directory at *path* for this process alone. Make it if it does not exist.

    Raises:
        CommandError: it cannot be used, or another process uses it.
    """
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CommandError(
            f"cannot use the data directory {path}: {error.strerror}; set RULEMINT_DATA_DIR to a folder of your own"
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"another rulemint dev uses {path}: stop it, or set RULEMINT_DATA_DIR to another folder"
            ) from None
        with _run_dir(path) as run_dir:
            data_dir = DataDir(path, run_dir)
            _fill(data_dir)
            yield data_dir
    finally:
        os.close(lock)


@contextmanager
def _run_dir(path: Path) -> Iterator[Path]:
    inside = path / "run"
    if len(os.fsencode(inside)) < LONGEST_SOCKET_PATH - len("/valkey.sock"):
        yield inside
    else:
        with tempfile.TemporaryDirectory(prefix="rulemint-") as folder:
            yield Path(folder)


def _fill(data_dir: DataDir) -> None:
    try:
        check_new_key(data_dir.master_key, data=data_dir.valkey_dir)
        create_master_key(data_dir.master_key)
        keep_runner_key(data_dir.runner_key, master_key=data_dir.master_key)
        data_dir.run_dir.mkdir(mode=0o700, exist_ok=True)
        data_dir.valkey_dir.mkdir(mode=0o700, exist_ok=True)
        create_password(data_dir.valkey_password)
    except OSError as error:
        raise CommandError(
            f"cannot write to the data directory {data_dir.path}: {error.strerror}; "
            "set RULEMINT_DATA_DIR to a folder of your own"
        ) from error
    except VaultError as error:
        raise CommandError(f"the master key {data_dir.master_key} is not usable: {error}") from error


def check_new_key(master_key: Path, *, data: Path) -> None:
    """Refuse to make a new master key if the Valkey in *data* has data that another key encrypted.

    Raises:
        CommandError: *master_key* does not exist, but *data* does.
        OSError: one of them cannot be looked at.
    """
    if not master_key.exists() and data.is_dir() and any(data.iterdir()):
        raise CommandError(
            f"there is data in {data} but no master key in {master_key}: put back the key that encrypted it, "
            "or remove the data to start over"
        )


def create_password(path: Path) -> None:
    """Write a new password to *path* (0600), unless the file exists."""
    create_secret_file(path, secrets.token_urlsafe(32).encode())
