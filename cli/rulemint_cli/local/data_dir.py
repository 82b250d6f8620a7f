"""The data directory of ``rulemint dev``: everything that outlives one run, and the lock that keeps it to one."""

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
from rulemint_shared.vault import VaultError, create_master_key, create_secret_file, keep_runner_key

LONGEST_SOCKET_PATH = 100
"""A unix socket's path has 108 bytes at most (unix(7))."""


@dataclass(frozen=True)
class DataDir:
    """The places in a data directory."""

    path: Path
    run_dir: Path
    """Where sockets are: 0700, and short enough for a socket's path."""

    @property
    def master_key(self) -> Path:
        """The key that encrypts secrets at rest (0600)."""
        return self.path / "master.key"

    @property
    def runner_key(self) -> Path:
        """What the runner has of the master key (0600)."""
        return self.path / "runner.key"

    @property
    def admin_file(self) -> Path:
        """The administrator's credentials (0600)."""
        return self.path / "admin.json"

    @property
    def valkey_dir(self) -> Path:
        """The embedded server's data."""
        return self.path / "valkey"

    @property
    def valkey_password(self) -> Path:
        """The embedded server's password (0600)."""
        return self.path / "valkey.password"

    @property
    def tls_dir(self) -> Path:
        """The local certificate authority and what it issued (0700)."""
        return self.path / "tls"

    @property
    def demo_marker(self) -> Path:
        """Is there once the demo was made: what its user deletes stays deleted."""
        return self.path / "demo.made"


@contextmanager
def open_data_dir(path: Path) -> Iterator[DataDir]:
    """The data directory at *path*, made if it is not there, for this process alone.

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
    """Refuse to make a new master key beside the *data* of a Valkey that another one encrypted.

    Raises:
        CommandError: *master_key* is not there, and *data* is.
        OSError: one of them cannot be looked at.
    """
    if not master_key.exists() and data.is_dir() and any(data.iterdir()):
        raise CommandError(
            f"there is data in {data} and no master key in {master_key}: put the key back that encrypted it, "
            "or remove the data to begin anew"
        )


def create_password(path: Path) -> None:
    """Write a new password to *path*, mode 0600, unless there is one."""
    create_secret_file(path, secrets.token_urlsafe(32).encode())
