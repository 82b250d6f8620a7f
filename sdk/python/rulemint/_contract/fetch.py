# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/fetch.py: change that, and run `make sdk`.
"""``rulemint.fetch``: one function for one HTTP call."""

import json as json_module

from rulemint._contract.calls import Calls, Request
from rulemint._contract.failures import CallError, as_its_library_has_it


class Response:
    """An answer: ``status``, ``headers`` (names in lower case), ``body`` (bytes), ``url`` after redirects."""

    def __init__(self, reply: dict) -> None:
        self.status = reply["status"]
        self.ok = 200 <= self.status < 300
        self.headers = {name.lower(): value for name, value in reply["headers"]}
        self.body = reply["body"]
        self.url = reply["url"]
        self.redirected = reply["redirected"]

    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> object:
        """The body, parsed as JSON."""
        return json_module.loads(self.body)


def fetch_through(calls: Calls) -> object:
    """The function that rules call."""

    def fetch(
        url: str,
        *,
        method: str = "GET",
        headers: dict | None = None,
        body: bytes | str = b"",
        json: object = None,
        redirect: str = "follow",
        timeout: float | None = None,
    ) -> Response:
        """Call *url*, which must be on the rule's ``allow_hosts``; give up after *timeout* seconds.

        Raises:
            OSError: there was no answer; the text says why. TimeoutError, an OSError: none came in time.
        """
        given = {str(name).lower(): str(value) for name, value in (headers or {}).items()}
        if json is not None:
            body = json_module.dumps(json)
            given.setdefault("content-type", "application/json")
        data = body.encode() if isinstance(body, str) else bytes(body)
        try:
            request = Request(method.upper(), str(url), list(given.items()), data, redirect)
            return Response(calls.make(request, timeout))
        except CallError as error:
            raise as_its_library_has_it(error) from None

    return fetch
