from __future__ import annotations

import re
from collections import Counter

import pytest
from redis.crc import key_slot

from rulemint_shared.contract import redis_tags
from rulemint_shared.contract.runner_load import MAX_QUEUE_SHARDS


def test_shards_have_tags_of_their_own_that_begin_with_their_number() -> None:
    tags = [redis_tags.queue_tag(shard) for shard in range(MAX_QUEUE_SHARDS)]
    assert len(set(map(redis_tags.slot, tags))) == MAX_QUEUE_SHARDS
    assert all(re.fullmatch(rf"queue:{shard}(\.\d+)?", tag) for shard, tag in enumerate(tags))


@pytest.mark.parametrize(("nodes", "shards"), [(3, 3), (3, 6), (3, 12), (4, 12), (6, 6), (6, 12)])
def test_nodes_that_share_the_slots_evenly_share_the_shards_evenly(nodes: int, shards: int) -> None:
    placed = Counter(redis_tags.slot(redis_tags.queue_tag(shard)) * nodes // 16_384 for shard in range(shards))
    assert set(placed.values()) == {shards // nodes}


def test_tenants_are_spread_over_all_shards_and_each_stays_where_it_is() -> None:
    tenants = [f"tenant-{number}" for number in range(3_000)]
    placed = Counter(redis_tags.shard_of(tenant, 6) for tenant in tenants)
    assert set(placed) == set(range(6))
    assert max(placed.values()) < 1.2 * 3_000 / 6
    assert [redis_tags.shard_of(tenant, 1) for tenant in tenants[:5]] == [0] * 5
    assert redis_tags.shard_of("acme", 3) == 2, "what one version has put into a shard the next one looks for there"


@pytest.mark.parametrize(
    "name", ["plain", "{}", "{}x{y}", "a{", "a}b{c}d", "a{b}c{d}", "{{a}}", "x{a{b}c}", "", "}{", "{a", "é{ü}ö"]
)
def test_a_name_s_tag_places_it_as_a_cluster_does(name: str) -> None:
    assert key_slot(redis_tags.tag(name).encode()) == key_slot(name.encode())


def test_names_are_grouped_by_their_tags() -> None:
    assert redis_tags.by_tag(["{a}1", "{b}1", "{a}2"]) == [["{a}1", "{a}2"], ["{b}1"]]
