"""Calls of a rule to other services, which the test answers. Nothing reaches the network."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from rulemint._contract.allow_list import AllowedHost, parse_entries
from rulemint._contract.bounds import MAX_CALLS, MAX_RESPONSE_BYTES
from rulemint._contract.egress_errors import Code, EgressDenied, EgressError, EgressFailed, EgressTooLarge, Kind
from rulemint._contract.urls import allowed_url, parse_url
from rulemint.results import Call

PARTS_OF_A_RESPONSE = frozenset(("status", "headers", "json", "body"))
_NETWORK: tuple[tuple[type[OSError], Code], ...] = (
    (ConnectionRefusedError, Code.REFUSED),
    (ConnectionResetError, Code.RESET),
)


@dataclass(frozen=True)
class Request:
    """A call of a rule, as a test's function gets it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed as JSON."""
        return json.loads(self.body)


Answer = Any
"""The JSON of a body; or ``{status, headers, json, body}``, each of which may be left out; a status; a text or bytes.

An `OSError` says that there is no answer.
"""
Answers = Mapping[str, Answer] | Callable[[Request], Answer]
"""By URL, or by method and URL (``"POST https://…"``). A ``*`` at the end stands for anything. Or a function."""


class Calls:
    """Answers the calls of one run."""

    def __init__(self, answers: Answers | None, allow_hosts: tuple[str, ...] | None) -> None:
        """Without *allow_hosts* a rule may call every host that the test answers.

        Raises:
            ValueError: an entry of *allow_hosts* is malformed.
        """
        self._answers = answers
        self._listed: tuple[AllowedHost, ...] | None = None if allow_hosts is None else parse_entries(allow_hosts)
        self.made: list[Call] = []
        self.wrong: BaseException | None = None
        """The exception of the test's own function."""

    def reply(self, frame: dict[str, Any]) -> dict[str, Any]:
        """The reply to *frame*: an answer of the test, or a refusal as the runner words it."""
        headers = {name.lower(): value for name, value in frame["headers"]}
        request = Request(frame["method"], frame["url"], headers, binascii.a2b_base64(frame["body"]))
        try:
            reply, status, error = self._answered(request), None, ""
            status = reply["status"]
        except EgressError as failed:
            reply, status, error = {"error": failed.why, "code": str(failed.code)}, None, str(failed)
        host = _host_of(request.url)
        self.made.append(Call(request.method, request.url, host, headers, request.body, status, error))
        return reply

    def _answered(self, request: Request) -> dict[str, Any]:
        if len(self.made) >= MAX_CALLS:
            raise EgressDenied(f"one invocation may make {MAX_CALLS} calls")
        url = parse_url(request.url) if self._listed is None else allowed_url(request.url, self._listed)
        answer = self._answer_to(request)
        if isinstance(answer, type) and issubclass(answer, OSError):
            answer = answer()
        if isinstance(answer, OSError):
            raise _failure(answer)
        status, headers, body = _parts(answer)
        if len(body) > MAX_RESPONSE_BYTES:
            raise EgressTooLarge(f"the response's body is larger than {MAX_RESPONSE_BYTES} bytes")
        return {
            "error": None,
            "status": status,
            "reason": HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "",
            "headers": [[name, value] for name, value in headers.items()],
            "body": binascii.b2a_base64(body, newline=False).decode(),
            "url": str(url),
            "redirected": False,
        }

    def _answer_to(self, request: Request) -> Answer:
        unanswered = EgressFailed(f"the test has no answer to it; give run_rule fetch={{{request.url!r}: …}}")
        if callable(self._answers):
            try:
                answer = self._answers(request)
            except OSError as error:
                return error
            except BaseException as error:
                self.wrong = error
                raise EgressFailed("the test's function raised an exception") from error
            if answer is None:
                raise unanswered
            return answer
        for name in (f"{request.method} {request.url}", request.url):
            if name in (self._answers or {}):
                return (self._answers or {})[name]
        for name, answer in (self._answers or {}).items():
            asked = f"{request.method} {request.url}" if " " in name else request.url
            if name.endswith("*") and asked.startswith(name[:-1]):
                return answer
        raise unanswered


def _parts(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of *answer*."""
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer, {}, b""
    if isinstance(answer, (str, bytes)):
        return 200, {}, answer.encode() if isinstance(answer, str) else answer
    if not (isinstance(answer, dict) and answer and answer.keys() <= PARTS_OF_A_RESPONSE):
        answer = {"json": answer}
    headers = {str(name).lower(): str(value) for name, value in answer.get("headers", {}).items()}
    body = answer.get("body", b"")
    if "json" in answer:
        body = json.dumps(answer["json"])
        headers.setdefault("content-type", "application/json")
    return int(answer.get("status", 200)), headers, body.encode() if isinstance(body, str) else bytes(body)


def _failure(error: OSError) -> EgressError:
    if isinstance(error, TimeoutError):
        return EgressError(Kind.TIMED_OUT, str(error) or "no answer in time", Code.TIMED_OUT)
    code = next((code for kind, code in _NETWORK if isinstance(error, kind)), Code.RESET)
    return EgressFailed(str(error) or "the connection failed", code)


def _host_of(url: str) -> str:
    try:
        parsed = parse_url(url)
    except EgressDenied:
        return ""
    return parsed.host if parsed.port in {80, 443} else f"{parsed.host}:{parsed.port}"
