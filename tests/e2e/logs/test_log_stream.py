from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from fixtures.management import Management, read_exchange
from fixtures.tenants import a_tenant

CHATTY = """
module.exports = async function (client, scope, audience, context, cb) {
  console.log('before', {a: 1});
  console.warn('careful');
  await new Promise(resolve => setTimeout(resolve, 1000));
  console.error('after');
  cb(null, {scope: scope});
};
"""
CHATTY_PYTHON = """
import asyncio, logging

async def rule(client, scope, audience, context):
    print("before", {"a": 1})
    logging.getLogger().warning("careful")
    await asyncio.sleep(1)
    logging.error("after")
    return {}
"""


def bearer(management: Management) -> dict[str, str]:
    return {"Authorization": f"Bearer {management.token}"}


async def until_ended(socket: aiohttp.ClientWebSocketResponse) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    async with asyncio.timeout(15):
        while not records or records[-1]["type"] != "invocation.ended":
            records.append(json.loads(await socket.receive_str()))
    return records


async def test_a_watcher_is_told_of_an_outcome_that_no_ending_has_and_keeps_its_filter(management: Management) -> None:
    path = f"{management.url}/logs?outcome=denied"
    async with management.session.ws_connect(path, headers=bearer(management)) as socket:
        await socket.send_str('{"outcome": "failed:bogus"}')
        told = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
        assert (told["type"], "failed:timeout" in told["message"]) == ("error", True), told
        assert told["message"].startswith("outcome: ")
        await socket.send_str('{"outcome": "failed:timeout"}')
        taken = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
    assert taken["filter"] == {"outcome": "failed:timeout"}


@pytest.mark.parametrize(("language", "script"), [("javascript", CHATTY), ("python", CHATTY_PYTHON)])
async def test_lines_arrive_while_the_rule_still_runs(management: Management, language: str, script: str) -> None:
    client = await management.a_client()
    async with (
        management.rule(script, language=language, name=f"chatty {language}"),
        management.session.ws_connect(f"{management.url}/logs", headers=bearer(management)) as socket,
    ):
        asking = asyncio.create_task(management.ask(client.request()))
        first = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
        second = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
        third = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
        assert not asking.done()
        rest = await until_ended(socket)
        answer = await asking
    assert first["type"] == "invocation.started"
    assert (second["type"], second["level"], second["rule"]) == ("line", "info", f"chatty {language}")
    assert second["message"].startswith("before {")
    assert (third["level"], third["message"]) == ("warn", "careful")
    assert (rest[0]["level"], rest[0]["message"]) == ("error", "after")
    assert (rest[-1]["outcome"], rest[-1]["version"]) == ("granted", 1)
    assert rest[-1]["duration_ms"] >= 1_000
    records = [first, second, third, *rest]
    assert {record["invocation"] for record in records} == {answer.headers["x-request-id"]}
    assert {record["client_id"] for record in records} == {client.client_id}


async def test_plain_http_gets_the_same_records_as_lines(management: Management) -> None:
    client = await management.a_client()
    async with (
        management.rule("export default () => { console.log('hello') }; ", name="plain http"),
        management.session.get(f"{management.url}/logs", headers=bearer(management)) as response,
    ):
        assert response.content_type == "application/x-ndjson"
        asking = asyncio.create_task(management.ask(client.request()))
        async with asyncio.timeout(10):
            records = [json.loads(await response.content.readline()) for _ in range(2)]
        await asking
    assert records[0]["type"] == "invocation.started"
    assert records[1]["message"] == "hello"


async def a_ticket(management: Management) -> str:
    answer = await management.call("POST", "/logs/tickets")
    assert (answer.status, answer.headers["cache-control"], answer.body["expires_in"]) == (201, "no-store", 30)
    return str(answer.body["ticket"])


async def test_a_ticket_opens_one_stream_once(management: Management) -> None:
    url = f"{management.url}/logs?ticket={await a_ticket(management)}"
    async with management.session.ws_connect(url) as socket:
        assert not socket.closed
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await management.session.ws_connect(url)
    assert refused.value.status == 401


async def test_a_ticket_of_one_tenant_opens_no_stream_of_another(management: Management) -> None:
    ticket = await a_ticket(management)
    async with a_tenant(management) as other:
        assert (await other.call("GET", f"/logs?ticket={ticket}", token="")).status == 401


async def test_a_token_may_come_as_a_protocol_of_the_websocket(management: Management) -> None:
    protocols = ("rulemint.logs", f"bearer.{management.token}")
    async with management.session.ws_connect(f"{management.url}/logs", protocols=protocols) as socket:
        assert socket.protocol == "rulemint.logs"


async def test_the_stream_can_be_read_as_server_sent_events_and_resumed(management: Management) -> None:
    client = await management.a_client()
    headers = {**bearer(management), "Accept": "text/event-stream"}
    url = f"{management.url}/logs?client_id={client.client_id}"
    async with management.rule("export default () => { console.log('hello') }"):
        async with management.session.get(url, headers=headers) as response:
            assert response.content_type == "text/event-stream"
            await management.ask(client.request())
            first, second = [await next_event(response) for _ in range(2)]
        assert first[1]["type"] == "invocation.started"
        assert second[1]["message"] == "hello"
        headers["Last-Event-ID"] = first[0]
        async with management.session.get(url, headers=headers) as response:
            assert await next_event(response) == second
            assert (await next_event(response))[1]["type"] == "invocation.ended"


async def next_event(response: aiohttp.ClientResponse) -> tuple[str, dict[str, Any]]:
    """The id and the data of the next event."""
    async with asyncio.timeout(10):
        name = (await response.content.readline()).decode().removeprefix("id: ").strip()
        data = json.loads((await response.content.readline()).removeprefix(b"data: "))
        assert await response.content.readline() == b"\n"
    assert data["id"] == name
    return name, data


@pytest.mark.parametrize("beginning", ["tail=3", "since=2020-01-01T00:00:00Z", "since=0", "after=0-0"])
async def test_the_past_comes_first_and_live_behind_it(management: Management, beginning: str) -> None:
    client = await management.a_client()
    url = f"{management.url}/logs?client_id={client.client_id}&{beginning}"
    async with management.rule("export default () => { console.log('hello') }"):
        ids = [(await management.ask(client.request())).headers["x-request-id"]]
        await recorded(management, client.client_id, ids[0])
        async with management.session.ws_connect(url, headers=bearer(management)) as socket:
            past = await until_ended(socket)
            ids.append((await management.ask(client.request())).headers["x-request-id"])
            live = await until_ended(socket)
    for records, invocation in zip((past, live), ids, strict=True):
        assert [record["type"] for record in records] == ["invocation.started", "line", "invocation.ended"]
        assert {record["invocation"] for record in records} == {invocation}


async def recorded(management: Management, client_id: str, invocation: str) -> None:
    """Wait until the whole of *invocation* is in the stream: its answer does not wait for its records."""
    url = f"{management.url}/logs?client_id={client_id}&invocation={invocation}&type=invocation.ended&after=0-0"
    async with management.session.ws_connect(url, headers=bearer(management)) as socket:
        await until_ended(socket)


async def test_a_watcher_may_change_its_filter(management: Management) -> None:
    client = await management.a_client()
    script = "export default () => { console.log('low'); console.error('high') }"
    url = f"{management.url}/logs?client_id=nobody"
    async with (
        management.rule(script),
        management.session.ws_connect(url, headers=bearer(management)) as socket,
    ):
        await socket.send_json({"colour": "red"})
        refused = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
        assert refused["type"] == "error"
        assert "colour" in refused["message"]
        wanted = {"client_id": client.client_id, "contains": "HIGH"}
        await socket.send_json(wanted)
        assert json.loads(await asyncio.wait_for(socket.receive_str(), 10))["filter"] == wanted
        await management.ask(client.request())
        assert json.loads(await asyncio.wait_for(socket.receive_str(), 10))["message"] == "high"


@pytest.mark.parametrize("parameter", ["tail=1001", "tail=x", "since=yesterday", "after=x", "level=loud", "type=x"])
async def test_a_question_that_cannot_be_is_refused_by_name(management: Management, parameter: str) -> None:
    answer = await management.call("GET", f"/logs?{parameter}")
    assert answer.status == 400
    assert parameter.partition("=")[0] in answer.body["message"]


async def test_a_watcher_without_a_token_or_the_scope_is_refused(management: Management) -> None:
    client = await management.a_client()
    own = (await management.ask(client.request())).body["access_token"]
    for token, status in (("", 401), ("nonsense", 401), (own, 401)):
        answer = await management.call("GET", "/logs", token=token)
        assert answer.status == status, answer.text
    reader = await management.create("clients", {"name": "no logs"})
    grant = {"client_id": reader["client_id"], "audience": management.admin["audience"], "scope": ["read:clients"]}
    await management.create("client-grants", grant)
    answer = await management.ask(
        {
            "grant_type": "client_credentials",
            "client_id": reader["client_id"],
            "client_secret": reader["client_secret"],
            "audience": management.admin["audience"],
        }
    )
    refused = await management.call("GET", "/logs", token=answer.body["access_token"])
    assert (refused.status, refused.body["errorCode"]) == (403, "insufficient_scope")


async def test_a_page_of_another_site_may_not_open_the_websocket(management: Management) -> None:
    """RFC 6455 §10.2."""
    headers = {**bearer(management), "Origin": "https://evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await management.session.ws_connect(f"{management.url}/logs", headers=headers)
    assert refused.value.status == 403


async def test_a_watcher_may_ask_for_one_rule_or_level_only(management: Management) -> None:
    client = await management.a_client()
    script = "export default () => { console.log('low'); console.error('high') }"
    url = f"{management.url}/logs?level=error&client_id={client.client_id}"
    async with (
        management.rule(script),
        management.session.ws_connect(url, headers=bearer(management)) as socket,
    ):
        await management.ask(client.request())
        record = json.loads(await asyncio.wait_for(socket.receive_str(), 10))
    assert record["message"] == "high"


async def test_an_unknown_filter_is_refused_by_name(management: Management) -> None:
    answer = await management.call("GET", "/logs?colour=red")
    assert answer.status == 400
    assert "colour" in answer.body["message"]


async def test_a_secret_that_a_rule_prints_is_masked(management: Management) -> None:
    client = await management.a_client()
    script = "export default ({context}) => { console.log('key', context.webtask.secrets.KEY) }"
    async with (
        management.rule(script, rule_secrets={"KEY": "hunter2-hunter2"}),
        management.session.ws_connect(f"{management.url}/logs", headers=bearer(management)) as socket,
    ):
        await management.ask(client.request())
        records = await until_ended(socket)
    assert [record["message"] for record in records if record["type"] == "line"] == ["key ***"]


@pytest.mark.parametrize(
    ("language", "script"),
    [
        pytest.param("javascript", "export default ({context}) => { throw new Error(context.webtask.secrets.KEY) }",
                     id="javascript"),
        pytest.param("python", "def rule(client, scope, audience, context):\n"
                     "    raise ValueError(context['webtask']['secrets']['KEY'])", id="python"),
    ],
)  # fmt: skip
async def test_a_secret_that_a_rule_throws_is_masked_everywhere(
    management: Management, language: str, script: str
) -> None:
    client = await management.a_client()
    async with (
        management.rule(script, language=language, rule_secrets={"KEY": "hunter2-hunter2"}),
        management.session.ws_connect(f"{management.url}/logs", headers=bearer(management)) as socket,
    ):
        answer = await management.ask(client.request())
        records = await until_ended(socket)
        kept = await read_exchange(management, answer.headers["x-request-id"])
    assert answer.status == 500
    assert "hunter2" not in json.dumps([answer.body, records, kept])
    assert "***" in kept["detail"]


async def test_a_stream_ends_when_its_client_may_read_no_longer(management: Management) -> None:
    reader = await management.create("clients", {"name": "reads logs for a while"})
    grant = {"client_id": reader["client_id"], "audience": management.admin["audience"], "scope": ["read:logs"]}
    made = await management.create("client-grants", grant)
    asked = {
        "grant_type": "client_credentials",
        "client_id": reader["client_id"],
        "client_secret": reader["client_secret"],
        "audience": management.admin["audience"],
    }
    token = (await management.ask(asked)).body["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    async with management.session.ws_connect(f"{management.url}/logs?client_id=nobody", headers=headers) as socket:
        await management.call("DELETE", f"/api/v2/client-grants/{made['id']}")
        ended = await asyncio.wait_for(socket.receive(), 15)
    assert ended.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
