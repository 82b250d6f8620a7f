from __future__ import annotations

import itertools
import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_runner.hosts.wire.forms import Form
from rulemint_runner.hosts.wire.frames import (
    BadReturn,
    CacheChanged,
    Call,
    FromHost,
    Idle,
    Line,
    Load,
    Loaded,
    NotBegun,
    NotLoaded,
    Ready,
    Refused,
    Reply,
    Returned,
    Run,
    StorageGet,
    StorageSet,
    Stored,
    Threw,
    ToHost,
)
from rulemint_runner.hosts.wire.packets import (
    MAX_FRAME_BYTES,
    MAX_PACKET_BYTES,
    FrameDecoder,
    ProtocolError,
    packets_of,
)
from rulemint_shared.contract.log_records import Level
from rulemint_shared.contract.messages import DenialCode
from rulemint_shared.contract.records import MAX_RESULT_BYTES
from rulemint_shared.contract.rule_state import (
    MAX_CACHE_KEY_BYTES,
    MAX_CACHE_RECORDS,
    MAX_CACHE_VALUE_BYTES,
    MAX_DOCUMENT_BYTES,
    CacheRecord,
)

TEXTS = st.text(max_size=40)
NUMBERS = st.integers(0, 2**40)
FRAMES: st.SearchStrategy[FromHost] = st.one_of(
    st.just(Ready()),
    st.builds(Loaded, wants_cache=st.booleans()),
    st.builds(NotLoaded, kind=st.sampled_from(["syntax", "exception"]), text=TEXTS),
    st.builds(Line, level=st.sampled_from(Level), text=TEXTS),
    st.builds(Returned, n=NUMBERS, form=st.sampled_from(Form), value=TEXTS),
    st.builds(Refused, n=NUMBERS, code=st.sampled_from(DenialCode), message=TEXTS),
    st.builds(Threw, n=NUMBERS, text=TEXTS, out_of_memory=st.booleans()),
    st.builds(BadReturn, n=NUMBERS, why=TEXTS),
    st.builds(Idle, n=NUMBERS),
    st.builds(NotBegun, n=NUMBERS),
    st.builds(StorageGet, id=NUMBERS),
    st.builds(StorageSet, id=NUMBERS, data=TEXTS | st.none(), etag=st.none() | st.text(max_size=32)),
    st.builds(
        CacheChanged,
        changed=st.dictionaries(TEXTS, st.builds(CacheRecord, value=TEXTS, expires_at=NUMBERS), max_size=3),
        deleted=st.lists(TEXTS, max_size=3),
    ),
    st.builds(
        Call,
        id=NUMBERS,
        method=st.sampled_from(["GET", "POST"]),
        url=TEXTS,
        headers=st.lists(st.tuples(TEXTS, TEXTS), max_size=3),
        body=st.binary(max_size=40),
        redirect=st.sampled_from(["follow", "manual", "error"]),
    ),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["t", "n", "text", "level"]) | st.text(), inner),
    max_leaves=10,
)
BODIES = st.binary(max_size=200) | JSON_VALUES.map(lambda value: json.dumps(value).encode())
LONGEST_TEXT = 16 * 1024


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


def on_the_wire(frame: FromHost) -> bytes:
    return framed(msgspec.json.encode(frame))


def decoded(data: bytes) -> list[FromHost]:
    return [frame for _size, frame in FrameDecoder().feed(data)]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        pytest.param(
            Load(file="seed.js", language="javascript", script="x", secrets={"FOO": "bar"}, result_bytes=9),
            {
                "t": "load",
                "file": "seed.js",
                "language": "javascript",
                "script": "x",
                "secrets": {"FOO": "bar"},
                "result_bytes": 9,
                "meta": {},
                "packages": None,
                "seed": 0,
                "now_ms": 0.0,
                "trace": None,
                "drawn": [],
            },
            id="load",
        ),
        pytest.param(
            Run(n=7, client={"id": "ü"}, scope=["a"], audience="https://api/", context={"ip": None}),
            {
                "t": "run",
                "n": 7,
                "client": {"id": "ü"},
                "scope": ["a"],
                "audience": "https://api/",
                "context": {"ip": None},
                "request": {},
                "claims": {},
                "cache": {},
                "seed": 0,
                "now_ms": 0.0,
                "record": False,
                "noted": None,
            },
            id="run",
        ),
        pytest.param(
            Reply(id=3, status=200, reason="OK", headers=[("a", "b")], body=b"\xff", url="https://x/"),
            {
                "t": "reply",
                "id": 3,
                "status": 200,
                "reason": "OK",
                "headers": [["a", "b"]],
                "body": "/w==",
                "url": "https://x/",
                "redirected": False,
                "error": None,
                "code": "",
                "now_ms": 0.0,
            },
            id="reply",
        ),
        pytest.param(
            Stored(id=4, data='{"ü":1}', etag="7", conflict=True),
            {"t": "stored", "id": 4, "data": '{"ü":1}', "etag": "7", "conflict": True, "error": None, "now_ms": 0.0},
            id="stored",
        ),
    ],
)
def test_a_frame_to_a_host_is_its_length_in_four_bytes_and_json(frame: ToHost, said: dict[str, object]) -> None:
    (data,) = packets_of(frame)
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    assert json.loads(data[4:]) == said


def test_a_frame_that_is_too_long_for_one_packet_is_several_and_none_has_parts_of_two() -> None:
    load = Load(file="a.js", language="javascript", script="x" * (2 * MAX_PACKET_BYTES), secrets={}, result_bytes=1)
    cut = packets_of(load)
    assert [len(packet) for packet in cut[:-1]] == [MAX_PACKET_BYTES] * 2
    assert int.from_bytes(cut[0][:4], "big") + 4 == sum(map(len, cut))


@given(st.lists(FRAMES, max_size=6))
def test_each_frame_comes_with_its_size(sent: list[FromHost]) -> None:
    stream = b"".join(map(on_the_wire, sent))
    assert [size for size, _frame in FrameDecoder().feed(stream)] == [len(on_the_wire(frame)) for frame in sent]


@given(st.lists(FRAMES, max_size=6), st.lists(st.integers(1, 60), min_size=1, max_size=10))
def test_frames_survive_any_chunking(sent: list[FromHost], sizes: list[int]) -> None:
    stream = b"".join(map(on_the_wire, sent))
    decoder = FrameDecoder()
    received: list[FromHost] = []
    for size in itertools.cycle(sizes):
        if not stream:
            break
        received += [frame for _size, frame in decoder.feed(stream[:size])]
        stream = stream[size:]
    assert received == sent


@given(st.lists(st.binary(max_size=100), max_size=5))
def test_any_stream_of_bytes_is_frames_or_a_protocol_error(chunks: list[bytes]) -> None:
    decoder = FrameDecoder()
    with suppress(ProtocolError):
        for chunk in chunks:
            assert all(isinstance(frame, FromHost) for _size, frame in decoder.feed(chunk))


@given(BODIES)
def test_any_body_of_the_announced_length_is_a_frame_or_a_protocol_error(body: bytes) -> None:
    with suppress(ProtocolError):
        (frame,) = decoded(framed(body))
        assert isinstance(frame, FromHost)


@given(FRAMES, st.data())
def test_a_frame_with_a_changed_byte_is_a_frame_or_a_protocol_error(frame: FromHost, data: st.DataObject) -> None:
    body = bytearray(msgspec.json.encode(frame))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ProtocolError):
        (changed,) = decoded(framed(bytes(body)))
        assert isinstance(changed, FromHost)


def test_a_frame_that_is_too_large_is_refused_before_its_body_arrives() -> None:
    with pytest.raises(ProtocolError, match=str(MAX_FRAME_BYTES + 1)):
        decoded((MAX_FRAME_BYTES + 1).to_bytes(4, "big"))


def test_a_frame_of_the_largest_size_is_awaited() -> None:
    assert decoded(MAX_FRAME_BYTES.to_bytes(4, "big")) == []


def test_after_a_frame_that_is_too_large_nothing_is_taken_any_more() -> None:
    decoder = FrameDecoder()
    for data in (b"\xff\xff\xff\xff", on_the_wire(Ready())):
        with pytest.raises(ProtocolError):
            list(decoder.feed(data))


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(Line(level=Level.INFO, text="x" * LONGEST_TEXT), id="line"),
        pytest.param(Returned(n=1, form=Form.OWN, value="x" * MAX_RESULT_BYTES), id="result"),
        pytest.param(StorageSet(id=1, data="x" * MAX_DOCUMENT_BYTES), id="document"),
        pytest.param(
            CacheChanged(
                changed={
                    f"{n:0{MAX_CACHE_KEY_BYTES}}": CacheRecord(value="x" * MAX_CACHE_VALUE_BYTES, expires_at=1)
                    for n in range(MAX_CACHE_RECORDS)
                }
            ),
            id="cache",
        ),
    ],
)
def test_a_text_of_the_largest_length_is_taken(frame: FromHost) -> None:
    assert decoded(on_the_wire(frame)) == [frame]


def test_a_document_of_the_largest_size_fits_into_a_frame_when_all_of_it_is_escaped() -> None:
    text = "ü" * (MAX_DOCUMENT_BYTES // 2)  # two bytes are six characters: more than for any other
    body = json.dumps({"t": "storage-set", "id": 1, "data": text}).encode()
    assert decoded(framed(body)) == [StorageSet(id=1, data=text)]


def test_fields_that_we_do_not_know_are_passed_over() -> None:
    assert decoded(framed(b'{"t":"idle","n":1,"tenant":"other"}')) == [Idle(n=1)]


NO_FRAMES = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"\x00\x01", id="no JSON"),
    pytest.param(b'{"t":"ready"} {"t":"ready"}', id="two in one"),
    pytest.param(b'"ready"', id="no object"),
    pytest.param(b'{"n":1}', id="no tag"),
    pytest.param(b'{"t":"grant","n":1}', id="unknown tag"),
    pytest.param(b'{"t":"run","n":1}', id="a frame that only we send"),
    pytest.param(b'{"t":7}', id="tag of another type"),
    pytest.param(b'{"t":"idle"}', id="field missing"),
    pytest.param(b'{"t":"idle","n":"1"}', id="field of another type"),
    pytest.param(b'{"t":"idle","n":1.5}', id="fraction for an integer"),
    pytest.param(b'{"t":"idle","n":true}', id="truth value for an integer"),
    pytest.param(b'{"t":"idle","n":NaN}', id="NaN"),
    pytest.param(b'{"t":"idle","n":1e999}', id="infinity"),
    pytest.param(b'{"t":"idle","n":' + b"9" * 10_000 + b"}", id="ten thousand digits"),
    pytest.param(b'{"t":"line","level":"fatal","text":""}', id="unknown level"),
    pytest.param(b'{"t":"returned","n":1,"form":"other","value":"{}"}', id="unknown form"),
    pytest.param(b'{"t":"returned","n":1,"form":"own","value":{}}', id="result that is no text"),
    pytest.param(b'{"t":"refused","n":1,"code":"invalid_client","message":""}', id="code that no rule may use"),
    pytest.param(b'{"t":"not-loaded","kind":"timeout","text":""}', id="unknown kind"),
    pytest.param(b'{"t":"line","level":"info","text":"%s"}' % (b"x" * (LONGEST_TEXT + 1)), id="text too long"),
    pytest.param(
        b'{"t":"returned","n":1,"form":"own","value":"%s"}' % (b"x" * (MAX_RESULT_BYTES + 1)), id="result too long"
    ),
    pytest.param(
        b'{"t":"storage-set","id":1,"data":"%s"}' % (b"x" * (MAX_DOCUMENT_BYTES + 1)), id="document too large"
    ),
    pytest.param(b'{"t":"storage-set","id":1,"data":{}}', id="document that is no text"),
    pytest.param(b'{"t":"storage-set","id":1,"data":"","etag":"%s"}' % (b"1" * 33), id="etag too long"),
    pytest.param(b'{"t":"storage-get","id":-1}', id="negative number"),
    pytest.param(b'{"t":"stored","id":1}', id="a reply that only we send"),
    pytest.param(
        b'{"t":"cache-changed","changed":{"%s":{"value":"","expires_at":1}}}' % (b"k" * 65), id="key too long"
    ),
    pytest.param(
        b'{"t":"cache-changed","changed":{"k":{"value":"%s","expires_at":1}}}' % (b"v" * 4097), id="cached too long"
    ),
    pytest.param(b'{"t":"cache-changed","changed":{"k":{"value":"","expires_at":1.5}}}', id="fraction of an expiry"),
    pytest.param(
        b'{"t":"cache-changed","deleted":[%s]}' % b",".join([b'"k"'] * (MAX_CACHE_RECORDS + 1)), id="too much deleted"
    ),
    pytest.param(b'{"t":"line","level":"info","text":"\\ud800"}', id="lone high surrogate"),
    pytest.param(b'{"t":"line","level":"info","text":"\\udc00"}', id="lone low surrogate"),
    pytest.param(b'{"t":"line","level":"info","text":"\xed\xa0\x80"}', id="encoded surrogate"),
    pytest.param(b'{"t":"line","level":"info","text":"\xff"}', id="no UTF-8"),
    pytest.param(b'{"t":"\xff"}', id="tag that is no UTF-8"),
    pytest.param(b'{"t":"idle","n":1,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="nested too deep"),
]


@pytest.mark.parametrize("body", NO_FRAMES)
def test_what_is_no_frame_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decoded(framed(body))


@pytest.mark.parametrize("bad", [framed(b"{}"), b"\xff\xff\xff\xff"], ids=["no frame", "too large"])
def test_frames_before_a_bad_one_still_count(bad: bytes) -> None:
    good: list[FromHost] = [Ready(), Line(level=Level.WARN, text="on my way out")]
    received: list[FromHost] = []
    feeding = FrameDecoder().feed(b"".join(map(on_the_wire, good)) + bad)
    with pytest.raises(ProtocolError):
        received.extend(frame for _size, frame in feeding)
    assert received == good
