"""Large package sets are kept with their files deflated."""

from __future__ import annotations

import base64
import zlib

from rulemint_runner.packages.installing.packing import packed_if_large
from rulemint_runner.packages.messages import MAX_PLAIN_BYTES, PackageSet

SNOWMAN = "\N{SNOWMAN}"


def test_a_set_that_is_not_large_stays_as_it_is() -> None:
    packages = PackageSet(files={"a.py": "x" * (MAX_PLAIN_BYTES - 2)}, data={"b.bin": b"\xff\x00"})
    assert packed_if_large(packages) is packages


def test_of_a_large_set_each_file_is_deflated_by_itself() -> None:
    packages = PackageSet(
        files={"a.py": "x" * MAX_PLAIN_BYTES, "b.py": SNOWMAN}, data={"b.bin": b"\xff"}, roots={"a": "a.py"}
    )
    packed = packed_if_large(packages)
    assert packed.packed
    assert packed.roots == packages.roots
    assert {
        name: zlib.decompress(base64.b64decode(text)).decode() for name, text in packed.files.items()
    } == packages.files
    assert {name: zlib.decompress(content) for name, content in packed.data.items()} == packages.data
