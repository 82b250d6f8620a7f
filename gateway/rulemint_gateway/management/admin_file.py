"""The file with the administrator's credentials, and how it follows the secret when that is changed over the API.

The store decides who may log in. The file only tells a secret to its reader: it never brings one back.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import msgspec
import structlog

from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT
from rulemint_shared.contract.records import Client
from rulemint_shared.process.private_file import write_private_file
from rulemint_shared.secrets.vault import Vault

log = structlog.get_logger(__name__)

LOOK_AGAIN_S = 0.05
WHAT_TO_DO = "put a live secret into the file, or delete the file and restart the gateway to get a new administrator"


class AdminFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The administrator's credentials, readable by the owner of the service only."""

    issuer: str
    client_id: str
    client_secret: str
    audience: str
    tls_domain: str | None = None
    """The host and port that speak https, which the SDKs take as the domain."""


class AdminFileError(Exception):
    """The admin file cannot be read or written. The text names it."""


def read_admin_file(path: Path) -> AdminFile | None:
    """The credentials in *path*; None where there is no file.

    Raises:
        AdminFileError: the file cannot be read, or is damaged.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=AdminFile)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AdminFileError(f"cannot read the admin file {path}: {error.strerror}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise AdminFileError(f"the admin file {path} is damaged; delete it to get a new one: {error}") from error


def write_admin_file(path: Path, admin: AdminFile) -> None:
    """Write *admin* to *path*, mode 0600, in one step: a reader sees the old file or the new one.

    Raises:
        AdminFileError: the file cannot be written.
    """
    text = msgspec.json.format(msgspec.json.encode(admin), indent=2)
    try:
        write_private_file(path, text + b"\n")
    except OSError as error:
        raise AdminFileError(f"cannot write the admin file {path}: {error.strerror}") from error


@asynccontextmanager
async def alone_at(path: Path) -> AsyncIterator[None]:
    """No other gateway that shares the folder of *path* is in this block: two that start together make one file.

    Where the folder is missing, or its file system has no locks, it lets everybody in.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, folder)  # which ends the lock
            while not _is_locked(folder):  # noqa: ASYNC110  # another process ends the wait
                await asyncio.sleep(LOOK_AGAIN_S)
        yield


def _is_locked(folder: int) -> bool:
    """True if the lock is ours now. `OSError`: there are none here."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def proves(admin: AdminFile, client: Client, vault: Vault) -> bool:
    """True if the secret in *admin* is one of *client*'s, for good."""
    return any(
        secret.expires_at_ms is None and vault.secret_matches(admin.client_secret, secret.hash)
        for secret in client.secrets
    )


class AdminFileKeeper:
    """Keeps the file true while this gateway changes the administrator's secrets; without a file it does nothing."""

    def __init__(self, path: Path | None, vault: Vault) -> None:
        self._path = path
        self._vault = vault

    async def follow(self, tenant: str, client_id: str, client: Client | None, *, secret: str | None = None) -> None:
        """*client* is what is stored now, None if it was deleted; *secret* is its new one, if it got one."""
        if self._path is not None and tenant == DEFAULT_TENANT:
            await asyncio.to_thread(self._follow, self._path, client_id, client, secret)

    def _follow(self, path: Path, client_id: str, client: Client | None, secret: str | None) -> None:
        try:
            admin = read_admin_file(path)
            if admin is None or admin.client_id != client_id:
                return
            if client is not None and proves(admin, client, self._vault):
                return
            if client is None or secret is None:
                log.warning("the secret in the admin file is not live", file=str(path), advice=WHAT_TO_DO)
                return
            write_admin_file(path, msgspec.structs.replace(admin, client_secret=secret))
            log.info("the admin file has the administrator's new secret", file=str(path))
        except AdminFileError as error:
            log.warning("the admin file does not follow the new secret", error=str(error), advice=WHAT_TO_DO)
