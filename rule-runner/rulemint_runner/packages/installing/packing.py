"""Keep a large package set small: each of its files deflated, so that a host inflates only those that a rule uses."""

from __future__ import annotations

import base64
import zlib

import msgspec

from rulemint_runner.packages.messages import MAX_PLAIN_BYTES, PackageSet


def packed_if_large(packages: PackageSet) -> PackageSet:
    """*packages*, with their contents deflated if they are large."""
    texts = {name: text.encode() for name, text in packages.files.items()}
    if sum(len(content) for contents in (texts, packages.data) for content in contents.values()) <= MAX_PLAIN_BYTES:
        return packages
    return msgspec.structs.replace(
        packages,
        files={name: base64.b64encode(zlib.compress(content)).decode() for name, content in texts.items()},
        data={name: zlib.compress(content) for name, content in packages.data.items()},
        packed=True,
    )
