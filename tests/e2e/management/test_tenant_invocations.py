"""`GET /api/v2/logs` with the filters of the stream: pages of invocations, with what their rules wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fixtures.management import ApiClient, Management
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

LOGS = "/api/v2/logs"
RULE = """
module.exports = (client, scope, audience, context, cb) => {
  console.log('asked by ' + context.body.marker);
  if (context.body.marker === 'mallory') { console.error('not this one'); return cb(new Error('no')); }
  cb(null, {scope});
};
"""


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[Management]:
    """With a log of its own."""
    async with a_tenant(management) as opened:
        yield opened


async def found(tenant: Management, query: str) -> list[dict[str, Any]]:
    answer = await tenant.call("GET", f"{LOGS}?{query}")
    assert answer.status == 200, answer.text
    entries: list[dict[str, Any]] = answer.body
    return entries


async def ask(tenant: Management, client: ApiClient, *markers: str) -> list[str]:
    """The invocations, once all of them are in the log."""
    asked = [(await tenant.ask(client.request(marker=marker))).headers["x-request-id"] for marker in markers]

    async def are_there() -> bool:
        entries = await found(tenant, f"client_id={client.client_id}&per_page=100")
        return {entry["details"]["exchange_id"] for entry in entries} >= set(asked)

    await eventually(are_there)
    return asked


def ids(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["details"]["exchange_id"] for entry in entries]


async def test_an_entry_has_its_lines_where_auth0_s_tools_look_for_nothing(tenant: Management) -> None:
    client = await tenant.a_client()
    async with tenant.rule(RULE, name="greeter"):
        (invocation,) = await ask(tenant, client, "mallory")
    (entry,) = await found(tenant, f"invocation={invocation}")
    assert (entry["type"], entry["client_id"]) == ("feccft", client.client_id)
    lines = entry["details"]["lines"]
    assert [(line["level"], line["message"], line["rule"], line["version"]) for line in lines] == [
        ("info", "asked by mallory", "greeter", 1),
        ("error", "not this one", "greeter", 1),
    ]
    assert (await tenant.call("GET", f"{LOGS}/{entry['log_id']}")).body == entry
    unfiltered = await found(tenant, "per_page=100")
    assert [each for each in unfiltered if each["log_id"] == entry["log_id"]] == [entry]


async def test_invocations_are_found_by_the_filters_of_the_stream_and_paged(tenant: Management) -> None:
    client, other = await tenant.a_client(), await tenant.a_client()
    await tenant.ask(other.request())  # no rule is asked: no invocation
    async with tenant.rule(RULE, name="greeter"):
        alice, mallory, bob = await ask(tenant, client, "alice", "mallory", "bob")
        (carol,) = await ask(tenant, other, "carol")
    assert ids(await found(tenant, "type=invocation.ended")) == [carol, bob, mallory, alice]
    for query, wanted in {
        f"client_id={client.client_id}": [bob, mallory, alice],
        f"audience={other.audience}": [carol],
        "rule=greeter&sort=date:1": [alice, mallory, bob, carol],
        "rule=nobody": [],
        "outcome=denied": [mallory],
        "outcome=granted&contains=BOB": [bob],
        "level=error": [mallory],
        "type=call": [],
        f"invocation={alice}": [alice],
        "type=line&contains=asked&per_page=2&page=1": [mallory, alice],
    }.items():
        assert ids(await found(tenant, query)) == wanted, query
    totals = (await tenant.call("GET", f"{LOGS}?rule=greeter&per_page=3&page=1&include_totals=true")).body
    assert (totals["total"], totals["length"], ids(totals["logs"])) == (4, 1, [alice])


async def test_checkpoints_go_on_where_their_link_says(tenant: Management) -> None:
    client = await tenant.a_client()
    async with tenant.rule(RULE):
        asked = await ask(tenant, client, "a", "mallory", "b", "c")
    seen: list[str] = []
    path = f"{LOGS}?take=2&outcome=granted&contains=asked"
    while path:
        answer = await tenant.call("GET", path)
        assert len(answer.body) <= 2
        seen += ids(answer.body)
        link = answer.headers.get("link", "")
        assert link == "" or link.endswith('>; rel="next"')
        path = link.partition(">")[0].removeprefix("<")
    assert seen == [asked[0], asked[2], asked[3]]


async def test_what_is_no_filter_is_refused_by_name(tenant: Management) -> None:
    for query in ("colour=red", "level=loud", "type=seccft", "rule=a&rule=b", f"contains={'x' * 1_025}",
                  "rule=a&page=10&per_page=100", "rule=a&from=nonsense"):  # fmt: skip
        answer = await tenant.call("GET", f"{LOGS}?{query}")
        assert answer.status == 400, query
        name = "from" if "from" in query else "page" if "page" in query else query.partition("=")[0]
        assert name in answer.body["message"].lower(), answer.text


async def test_invocations_of_one_tenant_are_not_those_of_another(management: Management, tenant: Management) -> None:
    client = await tenant.a_client()
    async with tenant.rule(RULE):
        (invocation,) = await ask(tenant, client, "alice")
    assert ids(await found(tenant, f"invocation={invocation}")) == [invocation]
    assert await found(management, f"invocation={invocation}") == []
