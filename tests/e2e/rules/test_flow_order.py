"""The order of the flow is read and replaced as a whole, by one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from fixtures.management import Answer, Management
from fixtures.tenants import a_tenant

FLOW = "/api/v2/flow"


class OrderedTenant:
    """A tenant of its own with the rules one, two and three."""

    def __init__(self, management: Management, ids: list[str]) -> None:
        self.management = management
        self.ids = ids

    async def put(self, rules: Any, *, etag: str | None = None, **kwargs: Any) -> Answer:
        headers = {} if etag is None else {"If-Match": etag}
        return await self.management.call("PUT", FLOW, {"rules": rules}, headers=headers, **kwargs)

    async def names(self) -> list[str]:
        return [rule["name"] for rule in (await self.management.call("GET", "/api/v2/rules")).body]


@pytest.fixture
async def tenant(management: Management) -> AsyncIterator[OrderedTenant]:
    async with AsyncExitStack() as stack:
        own = await stack.enter_async_context(a_tenant(management))
        made = [
            await stack.enter_async_context(own.rule(f"export default () => ({{ last: '{name}' }});", name=name))
            for name in ("one", "two", "three")
        ]
        yield OrderedTenant(own, [rule["id"] for rule in made])


async def test_one_request_reorders_all_rules_and_the_next_token_shows_it(tenant: OrderedTenant) -> None:
    client = await tenant.management.a_client()
    read = await tenant.management.call("GET", FLOW)
    assert (read.status, read.body) == (200, {"rules": tenant.ids})
    one, two, three = tenant.ids
    answer = await tenant.put([three, one, two], etag=read.headers["etag"])
    assert (answer.status, answer.body) == (200, {"rules": [three, one, two]}), answer.text
    assert await tenant.names() == ["three", "one", "two"]
    assert (await tenant.management.call("GET", FLOW)).headers["etag"] == answer.headers["etag"]
    assert (await tenant.management.ask(client.request())).status == 200
    (entry,) = [
        entry for entry in (await tenant.management.call("GET", "/api/v2/logs?per_page=20")).body if FLOW in str(entry)
    ]
    assert {change["id"] for change in entry["details"]["changes"]} == set(tenant.ids)


async def test_of_two_orders_made_of_the_same_one_the_second_is_refused_and_told_the_order(
    tenant: OrderedTenant,
) -> None:
    etag = (await tenant.management.call("GET", FLOW)).headers["etag"]
    one, two, three = tenant.ids
    answers = await asyncio.gather(tenant.put([three, two, one], etag=etag), tenant.put([two, three, one], etag=etag))
    first, second = sorted(answers, key=lambda answer: answer.status)
    assert (first.status, second.status, second.body["errorCode"]) == (200, 412, "precondition_failed")
    names = dict(zip(tenant.ids, ("one", "two", "three"), strict=True))
    ordered = [names[rule_id] for rule_id in first.body["rules"]]
    assert second.body["message"].startswith(f"The flow, which is now {', '.join(ordered)}, was changed since")
    assert await tenant.names() == ordered


async def test_an_order_of_other_rules_than_there_are_is_refused_and_names_them(tenant: OrderedTenant) -> None:
    one, two, three = tenant.ids
    answer = await tenant.put([one, three, "rul_gone"])
    assert (answer.status, answer.body["errorCode"], answer.body["field"]) == (409, "flow_differs", "rules")
    assert f"there is no rul_gone, and two ({two}) is missing" in answer.body["message"]
    assert (await tenant.put([one, two, three, one])).status == 400
    assert await tenant.names() == ["one", "two", "three"]


async def test_a_rule_that_was_added_meanwhile_makes_the_order_another_one(tenant: OrderedTenant) -> None:
    etag = (await tenant.management.call("GET", FLOW)).headers["etag"]
    async with tenant.management.rule("export default () => ({});", name="four"):
        assert (await tenant.put(tenant.ids, etag=etag)).status == 412


async def test_the_order_that_there_is_already_changes_nothing(tenant: OrderedTenant) -> None:
    etags = [(await tenant.management.call("GET", f"/api/v2/rules/{each}")).headers["etag"] for each in tenant.ids]
    assert (await tenant.put(tenant.ids)).status == 200
    assert etags == [
        (await tenant.management.call("GET", f"/api/v2/rules/{each}")).headers["etag"] for each in tenant.ids
    ]


@pytest.mark.parametrize("body", [{}, {"rules": "rul_1"}, {"rules": [""]}, {"rules": [], "more": 1}], ids=str)
async def test_what_is_no_order_is_refused(tenant: OrderedTenant, body: Any) -> None:
    assert (await tenant.management.call("PUT", FLOW, body)).status == 400


async def test_the_order_takes_a_token(tenant: OrderedTenant) -> None:
    assert (await tenant.put(tenant.ids, token="")).status == 401
    assert (await tenant.management.call("GET", FLOW, token="")).status == 401
