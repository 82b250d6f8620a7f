"""Whose address a request has: for rules (`context.ip`, `event.request.ip`), in its record and in the audit log."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from fixtures.management import Management, read_exchange
from fixtures.proxied import PROXY, from_address
from fixtures.waiting import eventually
from fixtures.ways import both_ways

pytestmark = both_ways

CLIENT, LIE = "198.51.100.7", "203.0.113.66"
HOOK = """module.exports = function (client, scope, audience, context, cb) {
  cb(null, { scope: scope, "https://example.com/ip": context.ip });
};"""
ACTION = """exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim("https://example.com/ip", event.request.ip);
};"""
PYTHON = """def rule(client, scope, audience, context):
    return {"scope": scope, "https://example.com/ip": context["ip"]}
"""


async def seen_address(asker: Management, request: dict[str, Any]) -> tuple[str, str]:
    """What the rule said, and what the record says."""
    answer = await asker.ask(request)
    assert answer.status == 200, answer.text
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    record = await read_exchange(asker, answer.headers["x-request-id"])
    return claims["https://example.com/ip"], record["ip"]


@pytest.mark.parametrize(
    ("script", "language"),
    [(HOOK, "javascript"), (ACTION, "javascript"), (PYTHON, "python")],
    ids=["hook", "action", "python"],
)
async def test_rules_see_the_client_behind_the_proxy_and_records_show_it(
    proxied: Management, script: str, language: str
) -> None:
    client = await proxied.a_client()
    async with proxied.rule(script, language=language):
        async with from_address(proxied, PROXY, **{"X-Forwarded-For": f"{LIE}, {CLIENT}"}) as behind:
            assert await seen_address(behind, client.request()) == (CLIENT, CLIENT)
        async with from_address(proxied, PROXY, Forwarded=f'for="{LIE}, for="[2001:db8::7]:99";proto=https') as behind:
            assert await seen_address(behind, client.request()) == ("2001:db8::7", "2001:db8::7")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.3"])
async def test_a_spoofed_header_from_outside_changes_nothing(proxied: Management, address: str) -> None:
    client = await proxied.a_client()
    lies = {"X-Forwarded-For": f"{LIE}, {PROXY}", "Forwarded": f"for={LIE}", "X-Real-IP": LIE}
    async with proxied.rule(HOOK), from_address(proxied, address, **lies) as outside:
        assert await seen_address(outside, client.request()) == (address, address)


async def test_the_audit_log_has_the_client_behind_the_proxy(proxied: Management) -> None:
    async with from_address(proxied, PROXY, **{"X-Forwarded-For": CLIENT}) as behind:
        made = await behind.create("clients", {"name": "made behind a proxy"})
        assert (
            await behind.call("POST", "/api/v2/clients", {"client_id": made["client_id"], "name": "x"})
        ).status == 409
    seen: set[tuple[str, str]] = set()

    async def both_are_there() -> bool:
        entries = (await proxied.call("GET", "/api/v2/logs?per_page=100&sort=date:-1")).body
        seen.update((entry["type"], entry["ip"]) for entry in entries)
        return {("sapi", CLIENT), ("fapi", CLIENT)} <= seen

    await eventually(both_are_there)
