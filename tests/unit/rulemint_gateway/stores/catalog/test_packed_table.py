from __future__ import annotations

import asyncio
from typing import Any

from rulemint_gateway.stores.catalog.facets import CLIENT_FACETS
from rulemint_gateway.stores.catalog.packed_table import ORDERED_AT_ONCE, PackedTable
from rulemint_gateway.stores.catalog.tables import CLIENTS
from rulemint_shared.contract.records import Client


def a_client(name: str, **fields: Any) -> Client:
    return Client(client_id=name, name=name, **fields)


def a_table(*names: str) -> PackedTable[Client]:
    table: PackedTable[Client] = PackedTable(CLIENTS, CLIENT_FACETS)
    for name in names:
        put(table, a_client(name))
    return table


def put(table: PackedTable[Client], client: Client) -> None:
    table.put_all([(client, CLIENTS.codec.encode(client))])


async def listed(table: PackedTable[Client], **wanted: set[str]) -> list[str]:
    return (await table.order()).select(wanted).ids(0, 10_000)


async def test_it_reads_as_a_dictionary_of_records() -> None:
    table = a_table("a", "b")
    assert dict(table) == {"a": a_client("a"), "b": a_client("b")}
    assert table.get("c") is None
    assert "c" not in table
    assert table.pop("a") == a_client("a")
    assert table.pop("a") is None
    assert list(table) == ["b"]


async def test_its_order_follows_every_change() -> None:
    table = a_table("b", "a")
    assert await listed(table) == ["a", "b"]
    put(table, a_client("c"))
    put(table, a_client("a", created_at_ms=1, kept={"app_type": "spa"}))
    table.pop("b")
    assert await listed(table) == ["c", "a"]
    assert await listed(table, app_type={"spa"}) == ["a"]
    assert await listed(table, app_type={"non_interactive"}) == ["c"]


async def test_what_changes_while_the_order_is_made_is_listed_as_it_is_now() -> None:
    names = [f"{number:04}" for number in range(3 * ORDERED_AT_ONCE)]
    table = a_table(*names)
    making = asyncio.create_task(table.order())
    await asyncio.sleep(0)
    first, last = names[0], names[-1]
    put(table, a_client(first, kept={"app_type": "spa"}))
    put(table, a_client(last, kept={"app_type": "spa"}))
    put(table, a_client("new"))
    table.pop(names[1])
    table.pop(names[-2])
    assert not making.done()
    await making
    assert await listed(table) == [first, *names[2:-2], last, "new"]
    assert await listed(table, app_type={"spa"}) == [first, last]
