from __future__ import annotations

import pickle  # to show that it is refused

import msgspec
import pytest
from arq.jobs import DeserializationError, deserialize_job_raw, serialize_job

from rulemint_shared.queue import job_queue


def test_a_job_survives_the_queue() -> None:
    data = serialize_job("run_batch", (b"bytes",), {}, None, 1, serializer=job_queue.serialize)
    function, args, _kwargs, _tries, _time = deserialize_job_raw(data, deserializer=job_queue.deserialize)
    assert (function, list(args)) == ("run_batch", [b"bytes"])


def test_a_pickled_job_is_refused() -> None:
    data = pickle.dumps({"f": "run_batch", "a": (), "k": {}, "t": None, "et": 1})
    with pytest.raises(DeserializationError):
        deserialize_job_raw(data, deserializer=job_queue.deserialize)


def test_an_exception_in_a_result_becomes_its_text() -> None:
    data = job_queue.serialize({"r": ValueError("why")})
    assert msgspec.msgpack.decode(data) == {"r": "ValueError: why"}
