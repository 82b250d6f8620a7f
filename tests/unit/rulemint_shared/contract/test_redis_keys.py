from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, get_args, get_type_hints

import pytest
from redis.crc import key_slot

from fixtures.old_store import GONE, OLD_AND_NEW
from rulemint_gateway.management.nouns import fields
from rulemint_shared.contract import old_redis_keys, redis_keys, redis_tags
from rulemint_shared.contract.runner_load import MAX_QUEUE_SHARDS

TAGGED = re.compile(r"rulemint:(\{[^{}]+\})(:[^{}]+)*")
NAMES = [getattr(redis_keys, name) for name in dir(redis_keys) if name.isupper() and not name.startswith("_")]
NO_NAMES = {
    "rule_version_field",
    "secrets_used_member",
    "tapes_member",
    "deleted_member",
    "packages_name",
    "tenant_of",
    "pattern_of_all",
}


def makers() -> list[Callable[..., Any]]:
    """Every function of `redis_keys` that makes a name."""
    found = [
        each for name, each in vars(redis_keys).items() if callable(each) and get_module(each) == redis_keys.__name__
    ]
    return [each for each in found if each.__name__ not in NO_NAMES and not each.__name__.startswith("_")]


def get_module(each: Any) -> str:
    return str(getattr(each, "__module__", ""))


def made(maker: Callable[..., Any]) -> list[str]:
    """Return the names that *maker* makes: one, or several."""
    given = {name: kind for name, kind in get_type_hints(maker).items() if name != "return"}
    names = maker(*(1 if kind is int else "acme" for kind in given.values()))
    return [names] if isinstance(names, str) else names


@pytest.mark.parametrize("name", [name for name in NAMES if name != redis_keys.PREFIX])
def test_every_name_has_one_tag_right_behind_the_prefix(name: str) -> None:
    assert TAGGED.fullmatch(name)


@pytest.mark.parametrize("maker", makers(), ids=lambda maker: maker.__name__)
def test_every_name_that_is_made_has_a_tag_and_what_a_stream_has_bears_its_own(maker: Callable[..., Any]) -> None:
    if maker in (redis_keys.ledger, redis_keys.stream_index, redis_keys.job_id):
        return
    for name in made(maker):
        assert TAGGED.fullmatch(name)
        for of_it in (redis_keys.ledger(name), redis_keys.stream_index(name)):
            assert redis_tags.tag(of_it) == redis_tags.tag(name)


@pytest.mark.parametrize("name", [redis_keys.logs("acme"), redis_keys.idempotent("acme", "0123")])
def test_a_name_that_traffic_makes_tells_its_tenant_and_is_matched_by_the_pattern(name: str) -> None:
    assert redis_keys.tenant_of(name) == "acme"
    for tenants in (["acme"], ["acme", "another"]):
        assert fnmatchcase(name, redis_keys.pattern_of_all(tenants))


@pytest.mark.parametrize("name", [redis_keys.TENANTS, redis_keys.clients("acme"), redis_keys.queue(0)])
def test_other_names_tell_no_tenant(name: str) -> None:
    assert not redis_keys.tenant_of(name)


def test_a_job_and_what_arq_keeps_of_it_are_where_their_queue_is() -> None:
    for shard in range(MAX_QUEUE_SHARDS):
        job_id = redis_keys.job_id("0123", shard)
        names = [prefix + job_id for prefix in ("arq:job:", "arq:in-progress:", "arq:result:")]
        names += [redis_keys.queue(shard), redis_keys.wake_up(shard), redis_keys.outcomes("gateway_1", shard)]
        assert {key_slot(name.encode()) for name in names} == {redis_tags.slot(redis_tags.queue_tag(shard))}


@pytest.mark.parametrize("name", ["a{b", "a}b", "{a}", "{", "a{}"])
def test_no_tenant_s_name_has_a_brace(name: str) -> None:
    pattern = next(meta.pattern for meta in get_args(fields.TenantName)[1:] if meta.pattern)
    assert re.search(pattern, "acme")
    assert not re.search(pattern, name)


@pytest.mark.parametrize(("old", "new"), OLD_AND_NEW.items())
def test_every_old_name_has_a_new_one_and_no_new_one_is_taken_for_old(old: str, new: str) -> None:
    assert (old_redis_keys.new_name(old) or old_redis_keys.CHECKED_FIRST.get(old)) == new
    assert (old_redis_keys.new_name(new), old_redis_keys.is_gone(new), old_redis_keys.is_gone(old)) == (
        None,
        False,
        False,
    )


@pytest.mark.parametrize("old", GONE)
def test_what_meant_something_to_old_processes_only_has_no_new_name(old: str) -> None:
    assert old_redis_keys.is_gone(old)
    assert old_redis_keys.new_name(old) is None


@pytest.mark.parametrize(
    "name", ["rulemint:", "rulemint:x", "rulemint:acme:", "other:acme:x", "rulemint:acme:x:ledger"]
)
def test_names_that_no_version_has_made_are_left_alone(name: str) -> None:
    assert old_redis_keys.new_name(name) is None
    assert not old_redis_keys.is_gone(name)
