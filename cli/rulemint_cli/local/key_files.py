"""Make the files with keys and the password that a deployment needs (``rulemint init``)."""

from __future__ import annotations

from pathlib import Path

from rulemint_cli.local.data_dir import check_new_key, create_password
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.secrets.vault import VaultError, create_master_key, keep_runner_key


def make_key_files(
    folder: Path, *, runner_key: Path | None = None, password: Path | None = None, data: Path | None = None
) -> list[Path]:
    """Make the files that do not exist yet. Return the paths: the master key, the password, the runner's key.

    Raises:
        CommandError: a file cannot be written; or the master key that exists is not valid; or there is none, but
            Valkey has *data* that one encrypted.
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
    """Return the folder that *error* is about."""
    if error.filename is None:
        return folder
    place = Path(error.filename)
    return place.parent if place.name.startswith(".") else place
