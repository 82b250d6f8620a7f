"""A message that carries many: one bad part is refused alone, and its neighbours arrive."""

from __future__ import annotations

from typing import Any, Self

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_shared.contract import batches, codecs
from rulemint_shared.contract.codecs import Codec, DecodeError
from rulemint_shared.contract.messages import (
    Batch,
    ClientView,
    Ending,
    Endings,
    Granted,
    Invocation,
    RequestView,
    RuleRef,
)

ENDINGS = [Ending(invocation=f"exc_{number}", outcome=Granted(scope=["a"])) for number in range(4)]
INVOCATIONS = [
    Invocation(
        id=f"exc_{number}",
        tenant="t",
        client=ClientView(tenant="t", id="c", name="C", metadata={}),
        audience="https://api/",
        scope=["a"],
        request=RequestView(ip="", user_agent="", body={}),
        flow=[RuleRef(rule_id="rul_1", name="r", version=1)],
        deadline_ms=1,
        enqueued_at_ms=0,
    )
    for number in range(4)
]
ENCODED_ENDINGS = [codecs.ending.encode(ending) for ending in ENDINGS]
ENCODED_INVOCATIONS = [codecs.invocation.encode(invocation) for invocation in INVOCATIONS]

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def test_a_message_of_parts_has_the_bytes_of_the_whole() -> None:
    assert batches.join_endings(ENCODED_ENDINGS) == codecs.endings.encode(Endings(endings=ENDINGS))
    assert batches.join_batch("g", ENCODED_INVOCATIONS) == codecs.batch.encode(
        Batch(gateway="g", invocations=INVOCATIONS)
    )


@st.composite
def bad_parts(draw: st.DrawFn, part: bytes, codec: Codec[Any]) -> bytes:
    """*part* with one of its fields replaced, or something else in its place, that no codec takes."""
    plain: dict[str, Any] = msgspec.msgpack.decode(part)
    field = st.sampled_from(sorted(plain))
    changed = st.builds(lambda name, value: msgspec.msgpack.encode(plain | {name: value}), field, ANYTHING)
    return draw((changed | ANYTHING.map(msgspec.msgpack.encode)).filter(lambda bad: not _is_taken(bad, codec)))


def _is_taken(part: bytes, codec: Codec[Any]) -> bool:
    try:
        codec.decode(part)
    except DecodeError:
        return False
    return True


@given(bad=bad_parts(ENCODED_ENDINGS[0], codecs.ending), place=st.integers(0, 3))
def test_a_bad_ending_is_refused_and_all_others_arrive(bad: bytes, place: int) -> None:
    endings, refused = batches.split_endings(batches.join_endings(with_bad(ENCODED_ENDINGS, bad, place)))
    assert endings.endings == ENDINGS
    assert len(refused) == 1


@given(bad=bad_parts(ENCODED_INVOCATIONS[0], codecs.invocation), place=st.integers(0, 3))
def test_a_bad_invocation_is_refused_and_all_others_arrive(bad: bytes, place: int) -> None:
    batch, refused = batches.split_batch(batches.join_batch("g", with_bad(ENCODED_INVOCATIONS, bad, place)))
    assert batch == Batch(gateway="g", invocations=INVOCATIONS)
    assert len(refused) == 1


def with_bad(parts: list[bytes], bad: bytes, place: int) -> list[bytes]:
    return [*parts[:place], bad, *parts[place:]]


def test_a_text_that_is_not_utf_8_is_of_its_own_part_only() -> None:
    bad = ENCODED_ENDINGS[0].replace(b"exc_0", b"exc_\xff")
    endings, refused = batches.split_endings(batches.join_endings([bad, *ENCODED_ENDINGS[1:]]))
    assert endings.endings == ENDINGS[1:]
    assert [each.invocation for each in refused] == [""]


def test_who_is_refused_is_known_by_id_where_that_can_be_read() -> None:
    bad_ending = msgspec.msgpack.encode({"invocation": "exc_9", "outcome": 7})
    bad_invocation = msgspec.msgpack.encode({"id": "exc_9"})
    _endings, of_endings = batches.split_endings(batches.join_endings([bad_ending]))
    _batch, of_batch = batches.split_batch(batches.join_batch("g", [bad_invocation]))
    assert [each.invocation for each in (*of_endings, *of_batch)] == ["exc_9"] * 2


@pytest.mark.parametrize("data", [b"", b"\xc1", msgspec.msgpack.encode({"endings": 1}), msgspec.msgpack.encode([])])
def test_what_has_no_parts_is_refused_as_a_whole(data: bytes) -> None:
    for split in (batches.split_endings, batches.split_batch):
        with pytest.raises(DecodeError):
            split(data)


@given(st.lists(st.integers(1, batches.MAX_PART_BYTES), max_size=20))
def test_parts_leave_in_their_order_and_no_message_is_too_large(sizes: list[int]) -> None:
    parts = [_Sized(size) for size in sizes]
    messages = list(batches.in_messages(parts))
    assert [part for message in messages for part in message] == parts
    assert all(sum(map(len, message)) <= batches.SENT_AT_ONCE_BYTES for message in messages)


class _Sized(bytes):
    """Says that it is as long as it is told: hundreds of MiB are slow."""

    def __new__(cls, _size: int) -> Self:
        return super().__new__(cls)

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size
