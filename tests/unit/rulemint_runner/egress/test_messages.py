from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_runner.egress.errors import Kind
from rulemint_runner.egress.messages import (
    MAX_BODY_BYTES,
    MAX_FRAME_BYTES,
    Cancel,
    Fetch,
    Fetched,
    Framing,
    FromBroker,
    NotFetched,
    NotStarted,
    OutboundRequest,
    ProtocolError,
    Ready,
    Start,
    ToBroker,
    from_broker,
    to_broker,
)

FETCH = Fetch(
    number=1,
    tenant="default",
    allow_hosts=("api.example.com",),
    request=OutboundRequest(url="https://api.example.com/", headers=(("a", "b"),), body=b"\0\xff"),
    timeout_ms=1_000,
)
FETCHED = Fetched(
    number=2, status=200, reason="OK", headers=(("a", "é"),), body=b"x", url="https://a.example/", redirected=False
)
TO_BROKER: list[ToBroker] = [Start(allow_private=("10.0.0.0/8",), ca_file="/ca"), FETCH, Cancel(number=1)]
FROM_BROKER: list[FromBroker] = [
    Ready(),
    NotStarted(why="no"),
    FETCHED,
    NotFetched(number=3, kind=Kind.TOO_LARGE, why="large"),
]
DIRECTIONS = [
    pytest.param(to_broker, TO_BROKER, id="runner to broker"),
    pytest.param(from_broker, FROM_BROKER, id="broker to runner"),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=10) | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
TAGS = ["start", "fetch", "cancel", "ready", "not-started", "fetched", "not-fetched", "other"]
FIELDS = [
    "number",
    "tenant",
    "allow_hosts",
    "request",
    "timeout_ms",
    "status",
    "reason",
    "headers",
    "body",
    "url",
    "why",
]
MAPS = st.fixed_dictionaries({"type": st.sampled_from(TAGS)}, optional=dict.fromkeys(FIELDS, VALUES))


def read_all(framing: Framing[Any], wire: bytes) -> list[object]:
    async def read() -> list[object]:
        reader = asyncio.StreamReader(limit=MAX_FRAME_BYTES)
        reader.feed_data(wire)
        reader.feed_eof()
        messages = []
        while (message := await framing.read(reader)) is not None:
            messages.append(message)
        return messages

    return asyncio.run(read())


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(("framing", "messages"), DIRECTIONS)
def test_a_message_comes_out_as_it_went_in(framing: Framing[Any], messages: list[object]) -> None:
    assert read_all(framing, b"".join(map(framing.encode, messages))) == messages


@pytest.mark.parametrize(("framing", "messages"), DIRECTIONS)
@given(wire=st.binary(max_size=200), cut=st.integers(0, 500))
def test_bytes_are_messages_a_hang_up_or_a_protocol_error(
    framing: Framing[Any], messages: list[object], wire: bytes, cut: int
) -> None:
    for hostile in (wire, framed(wire), b"".join(map(framing.encode, messages))[cut:] + wire):
        try:
            read_all(framing, hostile)
        except ProtocolError:
            continue


@pytest.mark.parametrize(("framing", "messages"), DIRECTIONS)
@given(value=st.one_of(VALUES, MAPS))
def test_any_value_is_a_message_or_a_protocol_error(
    framing: Framing[Any], messages: list[object], value: object
) -> None:
    try:
        (message,) = read_all(framing, framed(msgspec.msgpack.encode(value)))
    except ProtocolError:
        return
    assert type(message) in {type(each) for each in messages}


@pytest.mark.parametrize(("framing", "messages"), DIRECTIONS)
def test_a_message_with_a_field_too_many_is_none(framing: Framing[Any], messages: list[object]) -> None:
    for message in messages:
        fields = msgspec.msgpack.decode(framing.encode(message)[4:])
        with pytest.raises(ProtocolError, match="unknown field"):
            read_all(framing, framed(msgspec.msgpack.encode(fields | {"more": 1})))


@pytest.mark.parametrize(("framing", "other"), [(to_broker, FROM_BROKER), (from_broker, TO_BROKER)])
def test_a_message_of_the_other_direction_is_none(framing: Framing[Any], other: list[object]) -> None:
    for message in other:
        with pytest.raises(ProtocolError):
            read_all(framing, framed(msgspec.msgpack.encode(message)))


def test_a_length_beyond_the_limit_is_refused_before_anything_is_read() -> None:
    with pytest.raises(ProtocolError, match="a message of"):
        read_all(to_broker, (MAX_FRAME_BYTES + 1).to_bytes(4, "big"))


def test_deep_nesting_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        read_all(to_broker, framed(b"\x91" * 100_000))


@pytest.mark.parametrize(
    "request_",
    [
        OutboundRequest(url="https://a.example/" + "x" * 9_000),
        OutboundRequest(url="https://a.example/", headers=(("a", "b"),) * 101),
        OutboundRequest(url="https://a.example/", headers=(("a" * 257, "b"),)),
        OutboundRequest(url="https://a.example/", headers=(("a", "b" * 9_000),)),
        OutboundRequest(url="https://a.example/", body=bytes(MAX_BODY_BYTES + 1)),
        OutboundRequest(url="https://a.example/\ud800"),
        OutboundRequest(url="https://a.example/", method="G" * 21),
    ],
    ids=["url", "number of headers", "name of a header", "value of a header", "body", "surrogate", "method"],
)
def test_a_request_that_the_broker_would_not_take_is_never_sent(request_: OutboundRequest) -> None:
    with pytest.raises(ValueError, match=r"length|surrogates"):
        to_broker.encode_checked(msgspec.structs.replace(FETCH, request=request_))


def test_the_largest_response_fits_into_a_frame() -> None:
    headers = tuple((f"{number:0256}", "é" * 300) for number in range(100))
    largest = msgspec.structs.replace(FETCHED, body=bytes(MAX_BODY_BYTES), headers=headers, url="x" * 16_384)
    assert read_all(from_broker, from_broker.encode(largest)) == [largest]
