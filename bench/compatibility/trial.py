"""One case in a running system: its package is installed, its rule deployed, and two tokens are asked for."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec

from bench.compatibility.cases import Case
from bench.compatibility.service import Service

RECORD_TRIES = 200


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a case showed."""

    version: str
    works: bool
    said: str = ""
    """What the person who deployed the rule, or looks into its log, is told if it does not work."""
    made_ms: int = 0
    """Until the rule was made: installing, and loading once."""
    token_ms: int = 0
    """The rule's share of the first token, with the start of its process."""


@dataclass(frozen=True)
class Workplace:
    """A running system, an administrator of it, and an API that clients get tokens for."""

    session: aiohttp.ClientSession
    url: str
    headers: dict[str, str]
    audience: str
    service: Service

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Call the management API: status and body."""
        url = f"{self.url}/api/v2/{path}"
        async with self.session.request(method, url, json=body, headers=self.headers) as response:
            return response.status, await response.json() if response.status != 204 else None

    async def made(self, path: str, body: object) -> Any:
        """Make a record of our own, which nothing speaks against."""
        status, answer = await self.call("POST", path, body)
        if status not in {200, 201}:
            raise SystemExit(f"{path} could not be made: {answer}")
        return answer


async def tried(place: Workplace, case: Case) -> Result:
    """Try *case* in *place*."""
    client = await place.made("clients", {"name": case.key})
    grant = {"client_id": client["client_id"], "audience": place.audience, "scope": ["read"]}
    await place.made("client-grants", grant)
    rule = {
        "name": f"{case.registry} {case.key}",
        "language": case.language,
        "script": case.script,
        "dependencies": case.packages,
        "clients": [client["client_id"]],
        "allow_hosts": place.service.allow_hosts(case),
        "enabled": False,
    }
    began_s = time.monotonic()
    status, answer = await place.call("POST", "rules", rule)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:  # a busy machine, or registry, may have had no time
        began_s = time.monotonic()
        status, answer = await place.call("POST", "rules", rule)
    made_ms = round((time.monotonic() - began_s) * 1000)
    if status == 400 and answer["errorCode"] != "invalid_body":
        return Result(version="", works=False, said=_saved_words(answer), made_ms=made_ms)
    if status != 201:
        raise SystemExit(f"the rule of {case.file.name} could not be made: {status} {answer}")
    path = f"rules/{answer['id']}"
    try:
        await place.made(f"{path}/secrets", place.service.secrets(case))
        await place.call("PATCH", path, {"enabled": True})
        version = answer["resolved_dependencies"][case.name]
        return msgspec.structs.replace(await _tokens(place, case, client), version=version, made_ms=made_ms)
    finally:
        await place.call("DELETE", path)


def _saved_words(answer: Any) -> str:
    return str(answer.get("message") or answer)


async def _tokens(place: Workplace, case: Case, client: dict[str, Any]) -> Result:
    """Two tokens, the second of the same process: what the first has left in the package must not disturb it."""
    token_ms = []
    for _ in range(2):
        status, answer, exchange_id = await _asked(place, client)
        record = await _record(place, exchange_id)
        token_ms.append(round(sum(rule["duration_ms"] for rule in record["rules"])))
        wrong = _refusal(record) if status != 200 else _difference(place, case, answer)
        if wrong:
            return Result(version="", works=False, said=wrong, token_ms=token_ms[0])
    return Result(version="", works=True, token_ms=token_ms[0])


async def _asked(place: Workplace, client: dict[str, Any]) -> tuple[int, Any, str]:
    body = {
        "grant_type": "client_credentials",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "audience": place.audience,
    }
    async with place.session.post(f"{place.url}/oauth/token", json=body) as response:
        return response.status, await response.json(), response.headers["X-Request-Id"]


async def _record(place: Workplace, exchange_id: str) -> Any:
    """It is written after the answer."""
    for _ in range(RECORD_TRIES):
        status, record = await place.call("GET", f"exchanges/{exchange_id}")
        if status == 200:
            return record
        await asyncio.sleep(0.02)
    raise SystemExit(f"the exchange {exchange_id} has no record")


def _refusal(record: Any) -> str:
    """What the log says of a token that there is not: its errors, and what it ended with."""
    errors = [line["message"] for line in record["lines"] if line["level"] in {"error", "warn"}]
    return "\n".join([*errors, record["detail"] or record["error_description"] or ""])


def _difference(place: Workplace, case: Case, answer: Any) -> str:
    if case.answers and not place.service.calls[case.host]:
        return "the rule never called the service"
    payload = answer["access_token"].split(".")[1]
    used = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))).get("used")
    if used != case.gives:
        return f"the claim is {json.dumps(used)} instead of {json.dumps(case.gives)}"
    return ""
