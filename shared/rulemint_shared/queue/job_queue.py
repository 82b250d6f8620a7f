"""Use arq with msgspec instead of pickle, and with a wake-up so that no idle worker has to poll.

A job carries one `Batch`, `InstallRequest` or `LoadRequest` as opaque bytes, and its result one `Endings`,
`InstallAnswer` or `LoadAnswer`. arq's own envelope is plain MessagePack, and only our typed decoders look inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import msgspec
import structlog
from arq.constants import in_progress_key_prefix, job_key_prefix, result_key_prefix
from arq.jobs import DeserializationError, deserialize_job_raw, deserialize_result, serialize_job, serialize_result

from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys, redis_tags
from rulemint_shared.contract.batches import Refused, split_endings
from rulemint_shared.contract.load_messages import LoadAnswer, LoadRequest
from rulemint_shared.contract.messages import Batch, Endings
from rulemint_shared.contract.package_messages import InstallAnswer, InstallRequest
from rulemint_shared.queue.job_scripts import CLAIM, ENQUEUE, FINISH
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.cluster import publishing
from rulemint_shared.redis.scripts import run_script

log = structlog.get_logger(__name__)

RUN_BATCH, INSTALL_PACKAGES, LOAD_RULE = "run_batch", "install_packages", "load_rule"
"""The names of the jobs."""
RESULT_KEPT_S = 60
"""The time for which the result of a job can still be found after its end."""
WAKE_UPS_KEPT = 64
_NAMELESS = b"1"
"""The claim of a runner of an earlier release."""


def _encode_unknown(value: Any) -> str:  # arq's envelope may hold an exception
    """An exception in arq's envelope becomes its text: nothing is pickled."""
    return f"{type(value).__name__}: {value}"


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_encode_unknown)
_DECODER = msgspec.msgpack.Decoder(dict[str, Any])


def serialize(envelope: dict[str, Any]) -> bytes:
    """arq's ``job_serializer``."""
    return _ENCODER.encode(envelope)


def deserialize(data: bytes) -> dict[str, Any]:
    """Decode a job for arq (``job_deserializer``). Bytes that are no MessagePack map are refused."""
    return _DECODER.decode(data)


async def enqueue(redis: RedisClient, batch: Batch, *, expires_ms: int) -> str:
    """Put *batch* into arq's queue and wake an idle worker, in one round trip; returns the job's id."""
    return await enqueue_encoded(redis, codecs.batch.encode(batch), expires_ms=expires_ms)


async def enqueue_encoded(redis: RedisClient, batch: bytes, *, expires_ms: int, shard: int = 0) -> str:
    """As `enqueue`, for a batch that was encoded part by part."""
    return await _enqueue(redis, RUN_BATCH, batch, expires_ms, shard)


async def enqueue_install(redis: RedisClient, request: InstallRequest, *, expires_ms: int, shard: int = 0) -> str:
    """As `enqueue`, for an installation."""
    return await _enqueue(redis, INSTALL_PACKAGES, codecs.install_request.encode(request), expires_ms, shard)


async def enqueue_load(redis: RedisClient, request: LoadRequest, *, expires_ms: int, shard: int = 0) -> str:
    """As `enqueue`, for a version that is to be loaded.

    Raises:
        EncodeError: the request cannot travel.
    """
    return await _enqueue(redis, LOAD_RULE, codecs.load_request.encode(request), expires_ms, shard)


async def _enqueue(redis: RedisClient, name: str, data: bytes, expires_ms: int, shard: int) -> str:
    """`RedisClient.enqueue_job` takes three round trips to make sure that a chosen job id is new; ours is random."""
    job_id = ids.new_job_id(shard)
    now_ms = unix_ms()
    job = serialize_job(name, (data,), {}, None, now_ms, serializer=serialize)
    await run_script(
        redis,
        ENQUEUE,
        [job_key_prefix + job_id, redis_keys.queue(shard), redis_keys.wake_up(shard)],
        [job_id, job or b"", expires_ms, now_ms, WAKE_UPS_KEPT, RESULT_KEPT_S],
    )
    return job_id


async def waiting(redis: RedisClient, shard: int = 0, *, most: int) -> list[bytes]:
    """The ids of the jobs that wait, oldest first; by nobody's clock, so that a clock that is wrong hides none."""
    return cast("list[bytes]", await redis.zrange(redis_keys.queue(shard), 0, most - 1))


async def claim(redis: RedisClient, job_id: str, shard: int = 0, *, runner: str, for_ms: int) -> bytes | None:
    """Claim the job for *runner* and take it; None if another has it, it has ended, or nobody came in time.

    `arq.Worker` takes five round trips to do the same with a watched key. Here the job is handed out by deleting it, so
    it never runs a second time, even if the runner that took it dies. A name with another tag is no job of this queue.
    """
    if redis_tags.tag(job_id) != redis_tags.queue_tag(shard):
        await redis.zrem(redis_keys.queue(shard), job_id)
        return None
    job = await run_script(
        redis,
        CLAIM,
        [in_progress_key_prefix + job_id, redis_keys.queue(shard), job_key_prefix + job_id],
        [job_id, for_ms, runner],
    )
    return None if job is None else bytes(job)


def open_job(job: bytes) -> tuple[str, bytes]:
    """The name of a job as arq keeps it, and the encoded message in it.

    Raises:
        DecodeError: it is no such job.
    """
    try:
        function, arguments, _keywords, _tries, _enqueued = deserialize_job_raw(job, deserializer=deserialize)
    except DeserializationError as error:
        raise codecs.DecodeError(f"job: {error}") from error
    if len(arguments) != 1 or not isinstance(arguments[0], bytes):
        raise codecs.DecodeError("job: it is none of ours")
    return function, arguments[0]


async def finish(
    redis: RedisClient, job_id: str, result: bytes | None, *, publish: Sequence[tuple[str, bytes]] = ()
) -> None:
    """The job has ended: keep its *result*, in arq's own format, and *publish* messages to channels of its shard.

    Its claim stays for as long: a gateway that lost the answer to its enqueue sends the job once more, and by then the
    job may have run.
    """
    now_ms = unix_ms()
    kept = b""
    if result is not None:
        serialized = serialize_result(
            "",
            (),
            {},
            1,
            now_ms,
            True,
            result,
            now_ms,
            now_ms,
            job_id,
            redis_keys.queue(0),
            job_id,
            serializer=serialize,
        )
        kept = serialized or b""
    channels, messages = [channel for channel, _message in publish], [message for _channel, message in publish]
    refusal = await run_script(
        redis,
        FINISH,
        [in_progress_key_prefix + job_id, result_key_prefix + job_id, *channels],
        [RESULT_KEPT_S, publishing(redis), kept, *messages],
    )
    if refusal is not None:
        log.warning("could not publish outcomes: they stay in the job's result", error=refusal.decode(errors="replace"))


async def find_endings(redis: RedisClient, job_id: str) -> tuple[Endings, list[Refused]] | None:
    """The endings that arq kept as the job's result, as `split_endings` tells them apart; None while it has none.

    Raises:
        DecodeError: the stored result is no `Endings`.
    """
    data = await _find_result(redis, job_id)
    return None if data is None else split_endings(data)


async def find_install_answer(redis: RedisClient, job_id: str) -> InstallAnswer | None:
    """Return the answer to an installation; None while it has not ended.

    Raises:
        DecodeError: the stored result is no `InstallAnswer`.
    """
    data = await _find_result(redis, job_id)
    return None if data is None else codecs.install_answer.decode(data)


async def find_load_answer(redis: RedisClient, job_id: str) -> LoadAnswer | None:
    """Find out whether a version loads; None while nobody has said.

    Raises:
        DecodeError: the stored result is no `LoadAnswer`.
    """
    data = await _find_result(redis, job_id)
    return None if data is None else codecs.load_answer.decode(data)


async def _find_result(redis: RedisClient, job_id: str) -> bytes | None:
    data = await redis.get(result_key_prefix + job_id)
    if data is None:
        return None
    try:
        result = deserialize_result(data, deserializer=deserialize).result
    except DeserializationError as error:
        raise codecs.DecodeError(f"job result: {error}") from error
    if not isinstance(result, bytes):
        raise codecs.DecodeError("job result: the job itself failed")
    return result


async def claimed_by(redis: RedisClient, job_ids: Sequence[str]) -> dict[str, str]:
    """Job → the runner that claimed it, of those *job_ids* that were claimed."""
    if not job_ids:
        return {}
    async with redis.pipeline(transaction=False) as pipe:
        for job_id in job_ids:
            pipe.get(in_progress_key_prefix + job_id)
        claims = await pipe.execute()
    pairs = zip(job_ids, claims, strict=True)
    return {job_id: claim.decode(errors="replace") for job_id, claim in pairs if claim not in {None, _NAMELESS}}


async def is_lost(redis: RedisClient, job_id: str) -> bool:
    """Tell whether the server knows nothing of a job that was enqueued: one took over that never had it."""
    return not await redis.exists(job_key_prefix + job_id, in_progress_key_prefix + job_id, result_key_prefix + job_id)


async def was_picked_up(redis: RedisClient, job_id: str) -> bool:
    """Tell whether a runner has claimed the job (and may have died since)."""
    return bool(await redis.exists(in_progress_key_prefix + job_id))
