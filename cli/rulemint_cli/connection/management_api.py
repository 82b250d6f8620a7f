"""Calls of a running system's management API, with the token of whoever's credentials they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from rulemint_cli.connection.advice import advice_on
from rulemint_cli.connection.profiles import Profile
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.progress import Bars

CALL_TIMEOUT_S = 15.0
PER_PAGE = 100
MAX_PAGES = 1_000


class RefusedError(CommandError):
    """The system answered, and refused; *status* is HTTP's, *code* its ``errorCode``, *field* that of the body."""

    def __init__(self, message: str, *, status: int, code: str = "", field: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice
        self.status = status
        self.code = code
        self.field = field


class NoAnswerError(CommandError):
    """Nothing came back, or nothing that makes sense: nobody knows whether the call was done."""


class Admin:
    """The management API at *url*."""

    def __init__(self, session: aiohttp.ClientSession, credentials: Profile, bars: Bars) -> None:
        self.session = session
        self.bars = bars
        self.url = credentials.url
        self._credentials = credentials
        self.client_id = credentials.client_id
        self._token: str | None = None

    async def token(self) -> str:
        """A new access token for the management API.

        Raises:
            CommandError: the system refuses, or does not answer.
        """
        body = {
            "grant_type": "client_credentials",
            "client_id": self._credentials.client_id,
            "client_secret": self._credentials.client_secret,
            "audience": self._credentials.audience,
        }
        status, answer = await self.ask(body)
        if status != 200:
            raise RefusedError(
                f"{self.url} refuses the client {self._credentials.client_id}: "
                f"{answer.get('error_description', status)}; "
                "rulemint login stores other credentials",
                status=status,
            )
        self._token = str(answer["access_token"])
        return self._token

    async def issuer(self) -> str:
        """What the system calls itself, which need not be where it was reached.

        Raises:
            CommandError: it does not answer.
        """
        status, answer, _ = await self._send("GET", ".well-known/openid-configuration", None, {})
        if status != 200 or not isinstance(answer, dict):
            raise RefusedError(f"{self.url} does not say who it is: {status}", status=status)
        return str(answer["issuer"])

    async def ask(self, body: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """The status and the answer of the token endpoint to *body*.

        Raises:
            CommandError: it does not answer.
        """
        status, answer, _ = await self._send("POST", "oauth/token", body, {})
        return status, answer if isinstance(answer, dict) else {}

    async def call(
        self, method: str, path: str, body: object = None, *, query: Mapping[str, str | int] | None = None
    ) -> Any:
        """The answer of *path* of the management API.

        Raises:
            RefusedError: the system refuses; the text repeats its own.
            CommandError: it does not answer.
        """
        answer, _ = await self.call_matching(method, path, body, query=query)
        return answer

    async def call_matching(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str | int] | None = None,
        etag: str | None = None,
        key: str | None = None,
    ) -> tuple[Any, str | None]:
        """As `call`, with the ETag of the answer.

        With an *etag*, only while the record still has that one (412); with an idempotency *key*, once.

        Raises:
            RefusedError: as `call`.
            CommandError: as `call`.
        """
        headers = {**({"If-Match": etag} if etag else {}), **({"Idempotency-Key": key} if key else {})}
        kept = self._token
        status, answer, tag = await self._send_as(kept or await self.token(), method, path, body, headers, query)
        if status == 401 and kept is not None:  # a watcher may outlive its token
            status, answer, tag = await self._send_as(await self.token(), method, path, body, headers, query)
        if status >= 300:
            problem = answer if isinstance(answer, dict) else {}
            code = str(problem.get("errorCode", ""))
            raise RefusedError(
                f"{self.url} refuses: {problem.get('message', status)}",
                status=status,
                code=code,
                field=str(problem.get("field", "")),
                advice=advice_on(status, code),
            )
        return answer, tag

    async def list(self, path: str, *, fields: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Every record of *path*, over all its pages; scripts are among the *fields* only if they are named.

        Raises:
            CommandError: as `call`.
        """
        records: list[dict[str, Any]] = []
        with self.bars.show(f"reading {path}") as steps:
            for page in range(MAX_PAGES):
                query: dict[str, str | int] = {"page": page, "per_page": PER_PAGE, "include_totals": "true"}
                if fields:
                    query["fields"] = ",".join(fields)
                found, total = _page_of(await self.call("GET", path, query=query), of=f"{self.url} answers {path}")
                if page == 0:
                    steps.expect(total)
                steps.done_some(len(found))
                records += found
                if len(found) < PER_PAGE:
                    break
        return records

    async def create(self, noun: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """A new record; None if it exists already.

        Raises:
            CommandError: as `call`.
        """
        try:
            made: dict[str, Any] = await self.call("POST", noun, body)
        except RefusedError as error:
            if error.status == 409:
                return None
            raise
        return made

    async def _send_as(
        self,
        token: str,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
        query: Mapping[str, str | int] | None,
    ) -> tuple[int, Any, str | None]:
        headers = {**headers, "Authorization": f"Bearer {token}"}
        return await self._send(method, f"api/v2/{path}", body, headers, query)

    async def _send(
        self,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
        query: Mapping[str, str | int] | None = None,
    ) -> tuple[int, Any, str | None]:
        """The status, the body and the ETag of an answer."""
        try:
            with self.bars.show(f"waiting for {self.url}"):
                async with self.session.request(
                    method, f"{self.url}{path}", json=body, headers=headers, params=query
                ) as response:
                    if response.status == 204:
                        return 204, None, None
                    return response.status, await response.json(), response.headers.get("ETag")
        except aiohttp.ClientConnectorCertificateError as error:
            raise CommandError(
                f"{self.url} has a certificate that this machine does not trust: set SSL_CERT_FILE to its authority's "
                f"file ({error.certificate_error})"
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise NoAnswerError(
                f"{self.url} does not answer ({error.os_error.strerror or error}): is it running (rulemint dev), "
                "or is it another one (--profile, --url)?"
            ) from error
        except TimeoutError as error:
            raise NoAnswerError(f"{self.url} does not answer in time: try again, or see its log") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise NoAnswerError(f"{self.url} does not answer as Rulemint does: {error}") from error


def _page_of(answer: Any, *, of: str) -> tuple[list[dict[str, Any]], int]:
    """The records of one page with totals, and how many there are on all pages.

    Raises:
        CommandError: it is none; *of* says whose.
    """
    found = [value for value in answer.values() if isinstance(value, list)] if isinstance(answer, dict) else []
    if len(found) != 1 or not isinstance(total := answer.get("total"), int):
        raise CommandError(f"{of} in another version's words: update the older of the two")
    return found[0], total


@asynccontextmanager
async def open_admin(
    credentials: Profile, *, timeout_s: float = CALL_TIMEOUT_S, bars: Bars | None = None
) -> AsyncIterator[Admin]:
    """The management API of the system that *credentials* are for; without *bars* nothing shows that it takes long."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Admin(session, credentials, bars or Bars(quiet=True))
