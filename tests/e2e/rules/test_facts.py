"""Facts about every form of rule, over HTTP: the token, the refusal, and what the exchange record says.

A fact that ends in a host as another does is tested there only (tests/integration/hosts/test_facts.py).
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest

from fixtures.facts import FACTS_OF_A_GATEWAY
from fixtures.facts.fact import ASKED, EXTRA, GRANT, METADATA, QUERY, Fact
from fixtures.management import Answer, Management, read_exchange
from rulemint_shared.contract.messages import DenialCode, Denied, Failed, Granted, Outcome

STATUS = {
    DenialCode.ACCESS_DENIED: 403,
    DenialCode.INVALID_SCOPE: 400,
    DenialCode.INVALID_REQUEST: 400,
    DenialCode.SERVER_ERROR: 500,
}
OUR_CLAIMS = {"iss", "sub", "aud", "iat", "exp", "jti", "azp", "client_id", "gty", "scope"}
HEADERS = {"Accept-Language": "de-CH, en;q=0.5", "X-Api-Key": "sesame", "Cookie": "sesame=1"}


def check_granted(answer: Answer, granted: Granted) -> None:
    assert answer.status == 200, answer.text
    claims: dict[str, Any] = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    assert claims.get("scope", "") == answer.body.get("scope", "") == " ".join(granted.scope)
    assert {name: value for name, value in claims.items() if name not in OUR_CLAIMS} == granted.claims


def check_refused(answer: Answer, outcome: Denied | Failed) -> None:
    assert "access_token" not in answer.body
    if isinstance(outcome, Denied):
        assert (answer.status, answer.body["error"]) == (STATUS[outcome.code], outcome.code)
        assert answer.body["error_description"] == outcome.message
    else:
        assert (answer.status, answer.body["error"]) == (500, "server_error")
        assert answer.body["error_description"] == "a rule of this tenant failed: its logs say why"


def check_record(record: dict[str, Any], outcome: Outcome, fact: Fact) -> None:
    warnings = [line["message"] for line in record["lines"] if line["level"] == "warn"]
    assert [dropped["name"] for dropped in record["rules"][0]["dropped"]] == list(fact.dropped)
    expected = [*fact.warns, *(f"left out {name}: " for name in fact.dropped)]
    assert len(warnings) == len(expected), warnings
    assert all(part in text for part, text in zip(expected, warnings, strict=True))
    if isinstance(outcome, Failed):
        assert record["outcome"] == f"failed:{outcome.reason}"
        assert [line["level"] for line in record["lines"]][-1] == "error"


@pytest.mark.parametrize("fact", FACTS_OF_A_GATEWAY)
async def test_over_http(management: Management, fact: Fact) -> None:
    client = await management.a_client(scope=GRANT, metadata=METADATA)
    request = client.request(scope=" ".join(ASKED), **EXTRA)
    rule = management.rule(fact.script, language=fact.language, rule_secrets=fact.secrets, name="rule", no_check=True)
    async with rule:
        answer = await management.ask(request, headers=HEADERS, params=QUERY)
        record = await read_exchange(management, answer.headers["x-request-id"])
    assert "sesame" not in answer.text
    if isinstance(fact.outcome, Granted):
        check_granted(answer, fact.outcome)
    else:
        check_refused(answer, fact.outcome)
    check_record(record, fact.outcome, fact)


async def test_no_header_that_carries_credentials_reaches_a_rule(management: Management) -> None:
    client = await management.a_client()
    headers = {**HEADERS, "Proxy-Authorization": "x", "X-Auth-Token": "x", "Client-Secret": "x", "X-Kept": "yes"}
    script = "export default ({ context }) => ({ headers: context.webtask.headers, query: context.webtask.query })"
    query = {"client_secret": "sesame", "kept": "yes"}
    async with management.rule(script):
        answer = await management.ask(client.request(), headers=headers, params=query)
    seen = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    assert seen["query"] == {"kept": "yes"}
    assert seen["headers"]["x-kept"] == "yes"
    assert not {"x-api-key", "cookie", "proxy-authorization", "x-auth-token", "client-secret"} & set(seen["headers"])


async def test_headers_and_a_query_that_are_no_text_reach_a_rule_as_text(management: Management) -> None:
    client = await management.a_client()
    body = json.dumps(client.request()).encode()
    host = urlsplit(management.url)
    head = (
        b"POST /oauth/token?q=%%FF HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        b"User-Agent: a\xff\r\nX-Raw: b\xff\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    script = "export default ({ context: { userAgent, webtask } }) => ({ seen: [userAgent, webtask.headers['x-raw']] })"
    async with management.rule(script):
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        writer.write(head + body)
        answer = (await reader.read()).partition(b"\r\n\r\n")[2]
        writer.close()
        await writer.wait_closed()
    claims = jwt.decode(json.loads(answer)["access_token"], options={"verify_signature": False})
    assert claims["seen"] == ["a?", "b?"]


async def test_rules_and_records_see_the_same_of_a_request_whichever_way_it_takes(management: Management) -> None:
    """In one piece it takes the short way, in two aiohttp's."""
    client = await management.a_client()
    body = urlencode(client.request(note="kept", password="hidden")).encode()
    headers = (
        b"host: tokens.example.com:80",
        b"Content-Type: application/x-www-form-urlencoded",
        b"User-Agent: a\xff",
        b"X-Raw: b\xff",
        b"X-Twice: 1",
        b"x-twice: 2",
        b"X-Api-Key: sesame",
        b"X-Forwarded-For: 192.0.2.1",
        b"X-Long: " + b"a" * 3_000,
        b"Content-Length: %d" % len(body),
    )
    head = b"\r\n".join([b"POST /oauth/token HTTP/1.1", *headers, b"", b""])
    script = "export default ({ context }) => ({ seen: JSON.stringify(context) })"
    seen, records = [], []
    async with management.rule(script):
        for pieces in ([head + body], [head[:9], head[9:] + body]):
            exchange_id, answer = await _answer_to(management, pieces)
            claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
            seen.append(re.sub("exc_[0-9A-Za-z]+", "exc_*", claims["seen"]))
            records.append(await read_exchange(management, exchange_id))
    assert seen[0] == seen[1]
    assert '"x-twice":"1"' in seen[0]
    assert "sesame" not in seen[0]
    assert records[0]["id"] != records[1]["id"]
    for record in records:
        for name in ("id", "started_at_ms", "timings", "waterfall", "jti", "exp", "rules"):
            del record[name]
    assert records[0] == records[1]


async def _answer_to(management: Management, pieces: list[bytes]) -> tuple[str, Any]:
    """The exchange and the body of what a connection that waits for its next request answers to *pieces*."""
    host = urlsplit(management.url)
    reader, writer = await asyncio.open_connection(host.hostname, host.port)
    try:
        await _said(reader, writer, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        headers, body = await _said(reader, writer, *pieces)
        return headers["X-Request-Id"], json.loads(body)
    finally:
        writer.close()


async def _said(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *pieces: bytes
) -> tuple[dict[str, str], bytes]:
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.05)  # each has come by itself, then
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
    headers = dict(line.split(": ", 1) for line in lines)
    return headers, await reader.readexactly(int(headers["Content-Length"]))


async def test_an_action_sees_the_claims_of_the_rule_before_it_and_its_own_limit_of_scopes(
    management: Management,
) -> None:
    """Hooks ran before actions at Auth0, and a hook may add scopes beyond the grant."""
    client = await management.a_client()
    hook = "module.exports = (c, scope, a, x, cb) => cb(null, { scope: [...scope, 'extra'], 'https://x/': 1 });"
    action = """exports.onExecuteCredentialsExchange = async (event, api) => {
      api.accessToken.setCustomClaim('seen', event.accessToken.customClaims);
      api.transaction.removeTargetScope('read');
    };"""
    async with management.rule(hook), management.rule(action):
        answer = await management.ask(client.request())
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    assert (claims["https://x/"], claims["seen"]) == (1, {"https://x/": 1})
    assert claims["scope"] == "write extra"
