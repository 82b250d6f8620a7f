"""One thing that is measured: where to ask for its tokens, and whose processor time they cost."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import jwt

from bench.load import Mix, Request
from bench.subjects.rules import CLAIMS

TIMEOUT_S = 30
KEY_TRIES = 12
KEY_PAUSE_S = 0.25
STANDARD_CLAIMS = frozenset({"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"})
"""RFC 9068 §2.2, and the scopes."""
SCOPES = {"read", "write"}


class NoTokenError(SystemExit):
    """A subject answered with something else. It ends a bench, unless something else is expected."""


@dataclass(frozen=True)
class Subject:
    """A token endpoint that runs."""

    name: str
    title: str
    algorithm: str
    request: Request
    keys_url: str
    """Its JWK set."""
    pid: int
    """The root of the processes that serve it."""
    further_pids: tuple[int, ...] = ()
    """More such roots."""
    mix: Mix | None = None
    """What the load is, if it is more than *request*."""
    adds_claims: bool = True
    meanwhile: Callable[[], AbstractContextManager[object]] = nullcontext
    """What goes on beside a turn of it."""

    @property
    def pids(self) -> tuple[int, ...]:
        """Every root."""
        return (self.pid, *self.further_pids)

    def check(self) -> None:
        """See that it gives the token that is to be measured: its claims, and its signature by its published key.

        Raises:
            SystemExit: it does not; the text says what it gave.
        """
        token = self.ask()
        header = jwt.get_unverified_header(token)
        try:
            claims = jwt.decode(
                token, self._key(header.get("kid", "")), algorithms=[self.algorithm], options={"verify_aud": False}
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise SystemExit(f"{self.title}: its token is not signed with {self.algorithm}: {error!r}") from error
        wanted = STANDARD_CLAIMS | (CLAIMS if self.adds_claims else set())
        if missing := wanted - claims.keys():
            raise SystemExit(f"{self.title}: its token has no {', '.join(sorted(missing))}: {claims}")
        if set(claims["scope"].split()) != SCOPES:
            raise SystemExit(f"{self.title}: its token has the scopes {claims['scope']}")

    def ask(self) -> str:
        """One token.

        Raises:
            NoTokenError: there was none; the text says what was said.
        """
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        token: str = self._asked("POST", self.request.url, self.request.body, form)["access_token"]
        return token

    def _key(self, kid: str) -> jwt.PyJWK:
        """The published key; one that another process of a subject has just made may take a moment to be there.

        Raises:
            KeyError: it is not published.
        """
        for _ in range(KEY_TRIES - 1):
            with suppress(KeyError):
                return jwt.PyJWKSet.from_dict(self._asked("GET", self.keys_url))[kid]
            time.sleep(KEY_PAUSE_S)
        return jwt.PyJWKSet.from_dict(self._asked("GET", self.keys_url))[kid]

    def _asked(self, method: str, url: str, body: str | None = None, more: dict[str, str] | None = None) -> Any:
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.netloc, timeout=TIMEOUT_S)
        connection.request(method, place.path, body, {"Host": self.request.host, **(more or {})})
        with connection.getresponse() as answer:
            said = answer.read()
        connection.close()
        if answer.status != HTTPStatus.OK:
            raise NoTokenError(f"{self.title}: {url} answered {answer.status} {said.decode(errors='replace')}")
        return json.loads(said)
