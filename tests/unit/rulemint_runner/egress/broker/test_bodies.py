from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_runner.egress.broker.bodies import MAX_MEMBERS, body_taker
from rulemint_runner.egress.errors import EgressError, EgressFailed, EgressTooLarge
from rulemint_runner.egress.messages import MAX_BODY_BYTES


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "": bytes,
    "br": bytes,
}


def decoded(coding: str, wire: bytes, piece: int = 100) -> bytes:
    taker = body_taker(coding)
    for at in range(0, len(wire), piece):
        taker.take(wire[at : at + piece])
    return taker.finish()


@pytest.mark.parametrize("coding", CODINGS)
@given(body=st.binary(max_size=2_000), piece=st.integers(1, 500))
def test_a_body_comes_out_as_it_went_in(coding: str, body: bytes, piece: int) -> None:
    assert decoded(coding, CODINGS[coding](body), piece) == body


def test_a_deflate_body_may_lack_its_zlib_header() -> None:
    assert decoded("deflate", raw_deflate(b"hello")) == b"hello"


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_at_the_limit_passes_and_one_byte_more_does_not(coding: str) -> None:
    assert len(decoded(coding, CODINGS[coding](bytes(MAX_BODY_BYTES)))) == MAX_BODY_BYTES
    with pytest.raises(EgressTooLarge):
        decoded(coding, CODINGS[coding](bytes(MAX_BODY_BYTES + 1)), piece=65_536)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_takes_no_more_memory_than_a_body_may(coding: str) -> None:
    bomb = CODINGS[coding](bytes(50 * MAX_BODY_BYTES))
    tracemalloc.start()
    with pytest.raises(EgressTooLarge):
        decoded(coding, bomb, piece=65_536)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MAX_BODY_BYTES


def test_several_members_are_one_body_but_not_any_number_of_them() -> None:
    assert decoded("gzip", gzip.compress(b"a") * MAX_MEMBERS) == b"a" * MAX_MEMBERS
    with pytest.raises(EgressFailed, match="behind its end"):
        decoded("gzip", gzip.compress(b"") * (MAX_MEMBERS + 1))
    with pytest.raises(EgressFailed, match="behind its end"):
        decoded("deflate", zlib.compress(b"a") * 2)


def test_a_body_that_is_cut_off_fails() -> None:
    with pytest.raises(EgressFailed, match="too early"):
        decoded("gzip", gzip.compress(b"hello")[:-3])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@given(wire=st.binary(min_size=1, max_size=500))
def test_garbage_fails(coding: str, wire: bytes) -> None:
    try:
        decoded(coding, wire)
    except EgressError:
        return
    assert wire  # it happened to be a body
