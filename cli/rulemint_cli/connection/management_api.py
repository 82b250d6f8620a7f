"""Call the management API of a running system, with a token for the chosen credentials."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from rulemint_cli.connection.advice import advice_on
from rulemint_cli.connection.profiles import Profile
from rulemint_cli.terminal.errors import CommandError
from rulemint_cli.terminal.program import if_local
from rulemint_cli.terminal.progress import Bars

CALL_TIMEOUT_S = 15.0
PER_PAGE = 100
MAX_PAGES = 1_000
DOES_NOT_LOAD, RED_CASES = "does_not_load", "red_cases"
"""The codes of refusals of code."""
_MAKES_VERSIONS = frozenset({"POST", "PATCH"})


class RefusedError(CommandError):
    """The system refused the call. It answered with the HTTP *status* and the ``errorCode`` *code*.

    *field* is the field of the body that it refused.
    """

    def __init__(self, message: str, *, status: int, code: str = "", field: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice
        self.status = status
        self.code = code
        self.field = field

    @property
    def details(self) -> dict[str, str | int]:
        """Return the status, the code and the field that the system has named."""
        return {"status": self.status, "code": self.code, "field": self.field}


class NoAnswerError(CommandError):
    """No usable answer came back, so it is unknown whether the system did what was asked."""


class Admin:
    """The management API at *url*."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Profile,
        bars: Bars,
        *,
        no_check: bool = False,
        force: bool = False,
    ) -> None:
        """With *no_check*, versions that are made go live unloaded and untested; with *force*, with red cases."""
        self.warnings: list[str] = []
        """The warnings of the system's answers. Each is about a version that is only a draft."""
        self._skipped = {name: "true" for name, given in (("no_check", no_check), ("force", force)) if given}
        self.session = session
        self.bars = bars
        self.url = credentials.url
        self._credentials = credentials
        self.client_id = credentials.client_id
        self._token: str | None = None

    async def token(self) -> str:
        """Get a new access token for the management API.

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
        if status != 200 and ("error" not in answer or "statusCode" in answer):  # no error of OAuth
            raise RefusedError(
                f"{self.url} has no token endpoint: check the address, and what is in front of it "
                f"(HTTP status {status})",
                status=status,
            )
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
        """Return the issuer of the system. It may differ from the address that the system was reached at.

        Raises:
            CommandError: the system does not answer.
        """
        status, answer, _ = await self._send("GET", ".well-known/openid-configuration", None, {})
        if status != 200 or not isinstance(answer, dict):
            raise RefusedError(f"{self.url} does not show its metadata: HTTP status {status}", status=status)
        return str(answer["issuer"])

    async def ask(self, body: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
        """Send *body* to the token endpoint, and return the status and the answer.

        Raises:
            CommandError: the system does not answer.
        """
        status, answer, _ = await self._send("POST", "oauth/token", body, {})
        return status, answer if isinstance(answer, dict) else {}

    async def call(
        self, method: str, path: str, body: object = None, *, query: Mapping[str, str | int] | None = None
    ) -> Any:
        """Call *path* of the management API, and return its answer.

        Raises:
            RefusedError: the system refuses; the text repeats the system's own message.
            CommandError: the system does not answer.
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
        """Call *path* like `call`, and return the answer with its ETag.

        With an *etag*, the system refuses with 412 unless the record still has that ETag. With an idempotency *key*,
        the system does the same call only once.

        Raises:
            RefusedError: as `call`.
            CommandError: as `call`.
        """
        headers = {**({"If-Match": etag} if etag else {}), **({"Idempotency-Key": key} if key else {})}
        if method in _MAKES_VERSIONS:
            query = {**self._skipped, **(query or {})}
        kept = self._token
        status, answer, tag = await self._send_as(kept or await self.token(), method, path, body, headers, query)
        if status == 401 and kept is not None:  # the token may have expired while a command watched
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
        if isinstance(answer, dict) and isinstance(warning := answer.get("warning"), str):
            self.warnings.append(warning)
        return answer, tag

    async def list(self, path: str, *, fields: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Return every record of *path*, from all its pages. Name ``script`` in *fields* to get scripts too.

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
        """Create a record, and return it. Return None if it exists already.

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
        """Send a request, and return the status, the body and the ETag of the answer."""
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
                f"this machine does not trust the certificate of {self.url}: set SSL_CERT_FILE to the file of its "
                f"certificate authority ({error.certificate_error})"
            ) from error
        except aiohttp.ClientConnectorSSLError as error:
            raise NoAnswerError(
                f"{self.url} does not speak https{self._other_scheme()}, or name another system (--profile, --url)"
            ) from error
        except aiohttp.ClientConnectorError as error:
            raise NoAnswerError(
                f"{self.url} does not answer ({_why(error.os_error)}): start it{if_local('rulemint dev')}, "
                "or name another system (--profile, --url)"
            ) from error
        except TimeoutError as error:
            raise NoAnswerError(f"{self.url} did not answer in time: try again, or see its log") from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            raise NoAnswerError(f"{self.url} closed the connection without an answer{self._other_scheme()}") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise NoAnswerError(
                f"the answer of {self.url} is not one of Rulemint: check the address, and what is in front of it"
            ) from error

    def _other_scheme(self) -> str:
        """Return the advice for an address whose scheme may be the wrong one."""
        scheme, _, rest = self.url.partition("://")
        other = "https" if scheme == "http" else "http"
        return f": if its port speaks {other}, write {other}://{rest}"


def _why(error: OSError) -> str:
    """Return the system's words for *error*, because a library puts addresses in their place."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else "its name is not known"


def _page_of(answer: Any, *, of: str) -> tuple[list[dict[str, Any]], int]:
    """Return the records of one page, and how many there are on all pages.

    Raises:
        CommandError: the answer is not a page; *of* says whose answer it is.
    """
    found = [value for value in answer.values() if isinstance(value, list)] if isinstance(answer, dict) else []
    if len(found) != 1 or not isinstance(total := answer.get("total"), int):
        raise CommandError(f"{of} in the format of another version: update the older of the two")
    return found[0], total


@asynccontextmanager
async def open_admin(
    credentials: Profile,
    *,
    timeout_s: float = CALL_TIMEOUT_S,
    bars: Bars | None = None,
    no_check: bool = False,
    force: bool = False,
) -> AsyncIterator[Admin]:
    """Open the management API of the system that *credentials* are for. Without *bars*, no progress is shown.

    With *no_check*, versions that are made go live unloaded and untested; with *force*, with red cases.
    """
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Admin(session, credentials, bars or Bars(quiet=True), no_check=no_check, force=force)
