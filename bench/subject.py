"""One thing that is measured: where to ask for its tokens, and whose processor time they cost."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from bench.load import Request
from bench.rules import CLAIMS

TIMEOUT_S = 30


@dataclass(frozen=True)
class Subject:
    """A token endpoint that runs."""

    name: str
    title: str
    algorithm: str
    request: Request
    pid: int
    """The root of the processes that serve it."""
    adds_claims: bool = True
    meanwhile: Callable[[], AbstractContextManager[object]] = nullcontext
    """What goes on beside a turn of it."""

    def check(self) -> None:
        """See that it gives the token that is to be measured.

        Raises:
            SystemExit: it does not; the text says what it gave.
        """
        headers = {"Host": self.request.host, "Content-Type": "application/x-www-form-urlencoded"}
        place = urlsplit(self.request.url)
        connection = http.client.HTTPConnection(place.netloc, timeout=TIMEOUT_S)
        connection.request("POST", place.path, self.request.body, headers)
        with connection.getresponse() as answer:
            said = answer.read()
        connection.close()
        if answer.status != HTTPStatus.OK:
            raise SystemExit(f"{self.title} gave no token: {said.decode(errors='replace')}")
        token = json.loads(said)["access_token"]
        header, claims, _signature = (_opened(part) for part in token.split("."))
        if header["alg"] != self.algorithm or (self.adds_claims and not claims.keys() >= CLAIMS):
            raise SystemExit(f"{self.title} gave another token than is to be measured: {header} {claims}")


def _opened(part: str) -> dict[str, object]:
    """The JSON in a part of a token; of the signature, nothing."""
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    try:
        opened: dict[str, object] = json.loads(raw)
    except ValueError:
        return {}
    return opened
