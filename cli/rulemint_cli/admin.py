"""The administrator of a running system: credentials from the admin file, a token, calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from rulemint_cli.errors import CommandError

CALL_TIMEOUT_S = 15.0


class AdminFile(msgspec.Struct, frozen=True, kw_only=True):
    """admin.json as the gateway writes it."""

    issuer: str
    client_id: str
    client_secret: str
    audience: str


def read_admin_file(path: Path) -> AdminFile:
    """The credentials in *path*.

    Raises:
        CommandError: there are none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=AdminFile)
    except OSError as error:
        raise CommandError(
            f"cannot read {path}: {error.strerror}; start the system (make run), or name the file with --admin-file"
        ) from error
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is no admin file: {error}") from error


class Admin:
    """Calls of the management API with the administrator's token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, file: AdminFile) -> None:
        self.session = session
        self.url = url
        self._file = file

    async def token(self) -> str:
        """A new access token for the management API.

        Raises:
            CommandError: the system refuses, or does not answer.
        """
        body = {
            "grant_type": "client_credentials",
            "client_id": self._file.client_id,
            "client_secret": self._file.client_secret,
            "audience": self._file.audience,
        }
        status, answer = await self._send("POST", "oauth/token", body, {})
        if status != 200:
            raise CommandError(f"{self.url} refuses the admin file: {answer.get('error_description', status)}")
        return str(answer["access_token"])

    async def create(self, noun: str, body: dict[str, Any], *, token: str) -> dict[str, Any] | None:
        """A new record; None if it exists already.

        Raises:
            CommandError: the system refuses, or does not answer.
        """
        status, answer = await self._send("POST", f"api/v2/{noun}", body, {"Authorization": f"Bearer {token}"})
        if status == 409:
            return None
        if status != 201:
            raise CommandError(f"creating {noun}: {answer.get('message', status)}")
        return answer

    async def send(self, path: str, body: dict[str, Any], *, token: str) -> dict[str, Any]:
        """The answer to *body* at *path* of the management API.

        Raises:
            CommandError: the system refuses, or does not answer.
        """
        status, answer = await self._send("POST", f"api/v2/{path}", body, {"Authorization": f"Bearer {token}"})
        if status != 200:
            raise CommandError(f"{self.url} refuses: {answer.get('message', status)}")
        return answer

    async def _send(
        self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        try:
            async with self.session.request(method, f"{self.url}{path}", json=body, headers=headers) as response:
                return response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CommandError(f"{self.url} does not answer as Rulemint does: {error}") from error


@asynccontextmanager
async def open_admin(
    file: AdminFile, url: str | None = None, *, timeout_s: float = CALL_TIMEOUT_S
) -> AsyncIterator[Admin]:
    """The administrator of the system at *url*, or at the admin file's issuer."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        base = url or file.issuer
        yield Admin(session, base if base.endswith("/") else f"{base}/", file)
