"""What a deleted rule or client had kept goes with it: state, and tapes also of what was still running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from cryptography.fernet import Fernet

from fixtures.waiting import eventually
from rulemint_gateway.stores.traffic.tape_store import TapeStore
from rulemint_gateway.stores.writing import deleted_tapes
from rulemint_gateway.stores.writing.deleted_records import MARK_KEPT_S, DeletedRecords
from rulemint_gateway.stores.writing.deleted_tenants import DeletedTenants
from rulemint_runner.tapes.keeping import TapeBounds, TapeKeeper
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.messages import ClientView, Invocation, RequestView, RuleRef
from rulemint_shared.contract.tapes import Tape
from rulemint_shared.ids import new_exchange_id
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.secrets.runner_key import RunnerKey
from rulemint_shared.secrets.vault import Vault

T = "acme"
VAULT = Vault([Fernet.generate_key()])
BOUNDS = TapeBounds(tapes=1_000, bytes=2**26, age_s=600)


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


def an_invocation(client_id: str, *rule_ids: str, tenant: str = T, began_ms: int | None = None) -> Invocation:
    return Invocation(
        id=new_exchange_id(began_ms),
        tenant=tenant,
        client=ClientView(tenant=tenant, id=client_id, name=client_id, metadata={}),
        audience="https://api/",
        scope=[],
        request=RequestView(ip="192.0.2.1", user_agent="", body={}),
        flow=[
            RuleRef(rule_id=rule_id, name=rule_id, version=1, secrets_revision=0) for rule_id in rule_ids or ("rul_0",)
        ],
        deadline_ms=1,
        enqueued_at_ms=0,
    )


async def keep(redis: RedisClient, *invocations: Invocation) -> None:
    """Have a runner keep the tapes of *invocations*; a last one tells that it has come to the end."""
    keeper = TapeKeeper(redis, RunnerKey(VAULT.runner_key()), BOUNDS)
    last = an_invocation("last", tenant=invocations[0].tenant)
    for each in (*invocations, last):
        keeper.keep(each, partial(codecs.tape.encode, Tape(build="1", at_ms=1, invocation=each)), size=100)
    running = asyncio.create_task(keeper.run())
    await eventually(lambda: redis.exists(redis_keys.tape(last.tenant, last.id)))
    await cancel([running])


async def left(redis: RedisClient, *invocations: Invocation) -> list[bool]:
    """Of each of *invocations*, whether its tape is there."""
    store = TapeStore(redis, VAULT)
    return [await store.find(each.tenant, each.id) is not None for each in invocations]


async def delete(redis: RedisClient, *, rules: tuple[str, ...] = (), clients: tuple[str, ...] = ()) -> None:
    """Delete them as a transaction of a gateway does, and what they kept."""
    deleted = DeletedRecords(redis)
    async with redis.pipeline(transaction=True) as pipe:
        deleted.note(pipe, T, rules=rules, clients=clients)
        await pipe.execute()
    await deleted.clear()


async def test_the_state_of_a_deleted_rule_goes_and_a_mark_stays(redis: RedisClient) -> None:
    await redis.set(redis_keys.rule_storage(T, "gone"), b"1")
    await redis.set(redis_keys.rule_cache(T, "stays"), b"1")
    await delete(redis, rules=("gone",))
    assert not await redis.exists(redis_keys.rule_storage(T, "gone"))
    assert await redis.exists(redis_keys.rule_cache(T, "stays"))
    assert 0 < await redis.ttl(redis_keys.deleted_rule(T, "gone")) <= MARK_KEPT_S


async def test_what_they_kept_goes_later_where_their_gateway_died(redis: RedisClient) -> None:
    taped = an_invocation("robot", "rul_1")
    await keep(redis, taped)
    await redis.set(redis_keys.rule_storage(T, "gone"), b"1")
    async with redis.pipeline(transaction=True) as pipe:
        DeletedRecords(redis).note(pipe, T, rules=["gone"], clients=["robot"])
        await pipe.execute()
    sweeping = asyncio.create_task(DeletedRecords(redis).sweep())
    await eventually(lambda: redis.exists(redis_keys.rule_storage(T, "gone")), lambda there: not there)
    for noted in (redis_keys.DELETED_RULES, redis_keys.DELETED_CLIENTS):
        await eventually(partial(redis.zcard, noted), lambda left: left == 0)
    assert await left(redis, taped) == [False]
    await cancel([sweeping])


async def test_tapes_go_with_their_client_and_with_each_rule_of_their_flow(redis: RedisClient) -> None:
    of_client = an_invocation("robot", "rul_1")
    of_rule = an_invocation("other", "rul_1", "rul_2")
    stays = an_invocation("other", "rul_1", "rul_22")
    abroad = an_invocation("robot", "rul_2", tenant="another")
    await keep(redis, of_client, of_rule, stays)
    await keep(redis, abroad)
    await delete(redis, rules=("rul_2",), clients=("robot",))
    assert await left(redis, of_client, of_rule, stays, abroad) == [False, False, True, True]
    assert await TapeStore(redis, VAULT).of_rule(T, "rul_1") == [stays.id]


async def test_the_bytes_of_a_deleted_tape_are_free_again(redis: RedisClient) -> None:
    stays, *gone = [an_invocation(client, "rul_1") for client in ("stays", "robot", "robot")]
    ledger = redis_keys.ledger(redis_keys.tapes(T))
    await keep(redis, stays)
    before = int(await redis.hget(ledger, "bytes") or 0)  # type: ignore[misc]  # redis-py's stub is not async here
    await keep(redis, *gone)
    await delete(redis, clients=("robot", "last"))
    after = int(await redis.hget(ledger, "bytes") or 0)  # type: ignore[misc]  # redis-py's stub is not async here
    assert 0 < after < before, "the one that stays, without the last of its keeping"


async def test_a_request_that_was_running_leaves_no_tape_behind_its_deletion(redis: RedisClient) -> None:
    before_ms = unix_ms() - 5
    of_client, of_rule = an_invocation("robot", began_ms=before_ms), an_invocation("other", "rul_1", began_ms=before_ms)
    await delete(redis, rules=("rul_1",), clients=("robot",))
    await keep(redis, of_client, of_rule)
    assert await left(redis, of_client, of_rule) == [False, False]


async def test_a_client_that_is_made_anew_under_its_id_keeps_its_tapes(redis: RedisClient) -> None:
    old = an_invocation("robot", began_ms=unix_ms() - 1_000)
    await keep(redis, old)
    deleted = DeletedRecords(redis)
    async with redis.pipeline(transaction=True) as pipe:
        deleted.note(pipe, T, clients=["robot"])
        await pipe.execute()
    new = an_invocation("robot", began_ms=unix_ms() + 1_000)
    await keep(redis, new)  # before a gateway comes to the note
    await deleted.clear()
    newer = an_invocation("robot", began_ms=unix_ms() + 1_000)
    await keep(redis, newer)
    assert await left(redis, old, new, newer) == [False, True, True]


async def test_a_long_list_of_tapes_is_gone_through_a_part_at_a_time(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleted_tapes, "AT_ONCE", 10)
    gone = [an_invocation(f"robot-{number % 3}") for number in range(500)]
    for each in gone:
        member = redis_keys.tapes_member(each.id, each.client.id, ["rul_1"], 1)
        await redis.zadd(redis_keys.tapes(T), {member: unix_ms()})
        await redis.set(redis_keys.tape(T, each.id), b"1")
    await delete(redis, clients=("robot-0", "robot-1"))
    assert await redis.zcard(redis_keys.tapes(T)) == 166
    assert [await redis.exists(redis_keys.tape(T, each.id)) for each in gone[:6]] == [0, 0, 1, 0, 0, 1]


async def test_nonsense_of_one_tenant_keeps_no_other_from_being_cleared(redis: RedisClient) -> None:
    await redis.set(redis_keys.tapes("mad"), b"no sorted set")
    await redis.zadd(redis_keys.DELETED_CLIENTS, {redis_keys.deleted_member("mad", "robot"): 1})
    await redis.zadd(redis_keys.tapes(T), {b"nonsense": 1, b"exc_1 robot many rul_1": 1, b"\xff\xff": 1})
    taped = an_invocation("robot")
    await keep(redis, taped)
    await delete(redis, clients=("robot",))
    assert await left(redis, taped) == [False]
    assert await redis.zrange(redis_keys.DELETED_CLIENTS, 0, -1) == [b"mad robot"]


async def test_tapes_go_with_their_tenant_also_those_that_come_late(redis: RedisClient) -> None:
    gone, late, stays = (
        an_invocation("robot", "rul_1"),
        an_invocation("robot"),
        an_invocation("robot", tenant="another"),
    )
    await keep(redis, gone)
    await keep(redis, stays)
    deleted = DeletedTenants(redis)
    async with redis.pipeline(transaction=True) as pipe:
        deleted.note(pipe, [T])
        await pipe.execute()
    await deleted.clear()
    assert await left(redis, gone, stays) == [False, True]
    await keep(redis, late)  # of an invocation that was still running
    await deleted.clear()
    assert await left(redis, late, stays) == [False, True]
    assert await TapeStore(redis, VAULT).of_rule(T, "rul_1") == []
