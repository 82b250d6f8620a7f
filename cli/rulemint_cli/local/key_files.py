"""The files with keys and the password that a deployment needs: ``rulemint init``."""

from __future__ import annotations

from pathlib import Path

from rulemint_cli.local.data_dir import check_new_key, create_password
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.vault import VaultError, create_master_key, keep_runner_key


def make_key_files(
    folder: Path, *, runner_key: Path | None = None, password: Path | None = None, data: Path | None = None
) -> list[Path]:
    """Make what is not there yet; returns where it is: the master key, the password, the runner's key.

    Raises:
        CommandError: a file cannot be written, the master key that is there is none, or there is none and Valkey has
            *data* that it encrypted.
    """
    master_key = folder / "master.key"
    runner_key = runner_key or folder / "runner.key"
    password = password or folder / "valkey.password"
    try:
        if data is not None:
            check_new_key(master_key, data=data)
        create_master_key(master_key)
        create_password(password)
        keep_runner_key(runner_key, master_key=master_key)
    except OSError as error:
        raise CommandError(f"cannot write to {_place(error, folder)}: {error.strerror}; name another folder") from error
    except VaultError as error:
        raise CommandError(f"the master key {master_key} is not usable: {error}") from error
    return [master_key, password, runner_key]


def _place(error: OSError, folder: Path) -> Path:
    """The folder that *error* is about."""
    if error.filename is None:
        return folder
    place = Path(error.filename)
    return place.parent if place.name.startswith(".") else place
