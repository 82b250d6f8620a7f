"""Bodies that come compressed: read whole or refused, never half, and never more of them than the limit."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest

from fixtures.management import Management

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
BODY = b"grant_type=client_credentials&client_id=a&client_secret=b&audience=c"


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
        ("", bytes),
    ],
)
async def test_a_packed_request_is_as_good_as_any(management: Management, coding: str, pack: Any) -> None:
    client = await management.a_client()
    packed = pack(json.dumps(client.request()).encode())
    answer = await management.ask(data=packed, headers={**JSON, "Content-Encoding": coding})
    assert answer.status == 200, answer.text
    name = json.dumps({"name": "packed"}).encode()
    made = await management.call(
        "POST", "/api/v2/clients", data=pack(name), headers={**JSON, "Content-Encoding": coding}
    )
    assert (made.status, made.body["name"]) == (201, "packed")
    await management.call("DELETE", f"/api/v2/clients/{made.body['client_id']}")


MISFITS = {
    "gzip that is none": ("gzip", BODY),
    "deflate that is none": ("deflate", b"\x78" + BODY),
    "raw deflate that is none": ("deflate", BODY),
    "half a gzip": ("gzip", gzip.compress(BODY)[:-12]),
    "a gzip without its check": ("gzip", gzip.compress(BODY)[:-1]),
    "a gzip with a wrong check": ("gzip", gzip.compress(BODY)[:-8] + b"\0" * 8),
    "a gzip and more": ("gzip", gzip.compress(BODY) + b"&scope=a"),
    "two gzips": ("gzip", gzip.compress(BODY) + gzip.compress(b"&scope=a")),
    "half a deflate": ("deflate", zlib.compress(BODY)[:-5]),
    "nothing": ("gzip", b""),
}


@pytest.mark.parametrize(("coding", "body"), MISFITS.values(), ids=MISFITS)
@pytest.mark.parametrize("path", ["/oauth/token", "/api/v2/clients"])
async def test_a_body_that_does_not_fit_its_coding_is_400(
    management: Management, path: str, coding: str, body: bytes
) -> None:
    content = FORM if path == "/oauth/token" else JSON
    answer = await management.call("POST", path, data=body, headers={**content, "Content-Encoding": coding})
    assert answer.status == 400, answer.text
    said = answer.body["error_description" if path == "/oauth/token" else "message"]
    assert "does not fit its Content-Encoding" in said


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "gzip, identity, deflate", "nonsense"])
@pytest.mark.parametrize("path", ["/oauth/token", "/api/v2/clients"])
async def test_a_coding_that_we_do_not_read_is_415_and_those_that_we_do_are_named(
    management: Management, path: str, coding: str
) -> None:
    content = FORM if path == "/oauth/token" else JSON
    answer = await management.call("POST", path, data=BODY, headers={**content, "Content-Encoding": coding})
    assert (answer.status, answer.headers["accept-encoding"]) == (415, "gzip, deflate"), answer.text


@pytest.mark.parametrize("path", ["/oauth/token", "/api/v2/clients"])
async def test_a_little_that_stands_for_a_lot_is_refused_at_the_limit(management: Management, path: str) -> None:
    content = FORM if path == "/oauth/token" else JSON
    bomb = gzip.compress(b" " * 50_000_000)
    answer = await management.call("POST", path, data=bomb, headers={**content, "Content-Encoding": "gzip"})
    assert answer.status == (413 if path == "/oauth/token" else 400), answer.text
    assert "larger than" in answer.text
