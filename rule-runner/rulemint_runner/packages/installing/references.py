"""Read what metadata asks for: names and versions in the same registry. A place of its own is refused.

A URL, a repository, a path or another protocol leads away from the registry. What is there was not published, is not
the same tomorrow, and has to be built by code of its own. So metadata may say only what the grammar here can express.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.parser import BytesParser
from typing import Any

from packaging.utils import canonicalize_name

from rulemint_runner.packages.installing.refusal import InstallError

_NPM_FIELDS = ("dependencies", "optionalDependencies", "peerDependencies")
_NPM_NAME = re.compile(r"(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*")
_NPM_RANGE = r"[0-9A-Za-z.*+^~<>=|_\t -]*"
"""Versions, ranges and tags. Without ``:``, ``/`` and ``@`` there is no other place."""
_NPM_WANTED = re.compile(rf"{_NPM_RANGE}|npm:{_NPM_NAME.pattern}(?:@{_NPM_RANGE})?")
"""An alias means a package of the same registry by another name."""
_IN_A_PLACE = frozenset("@:/\\")
"""No name, extra or version has them. What else PEP 508 does not allow, as older wheels write it, pip skips."""
_PYTHON_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]{0,99})")
_MAX_SHOWN = 100


def is_npm_name(name: str) -> bool:
    """Tell whether *name* is that of a package."""
    return _NPM_NAME.fullmatch(name) is not None


def foreign_in_npm(manifest: Any) -> Iterator[str]:
    """The names of dependencies in *manifest*, of a version or a ``package.json``, that are to come from elsewhere."""
    for field in _NPM_FIELDS:
        wanted = manifest.get(field) if isinstance(manifest, dict) else None
        for name, version in wanted.items() if isinstance(wanted, dict) else ():
            is_plain = isinstance(version, str) and _NPM_WANTED.fullmatch(version)
            if not is_plain or not is_npm_name(name):
                yield name


def foreign_in_python(metadata: bytes) -> Iterator[str]:
    """The names of requirements in a wheel's METADATA that are to come from elsewhere."""
    message = BytesParser().parsebytes(metadata, headersonly=True)
    for header in message.get_all("Requires-Dist") or ():
        wanted, _, _marker = str(header).partition(";")  # a marker is compared and never fetched
        if _IN_A_PLACE & set(wanted):
            named = _PYTHON_NAME.match(wanted)
            yield named[1] if named else "something"


def required_by(metadata: bytes) -> Iterator[str]:
    """The names of what a wheel's METADATA requires, as far as they can be read."""
    message = BytesParser().parsebytes(metadata, headersonly=True)
    for header in message.get_all("Requires-Dist") or ():
        named = _PYTHON_NAME.match(str(header))
        if named is not None:
            yield canonicalize_name(named[1])


def refusal_of(package: str, wanted: str) -> InstallError:
    """*package* asks for *wanted*, a name. Where from is not said: it may hold a password, or name a file of ours."""
    return InstallError(
        f"{package} asks for {wanted[:_MAX_SHOWN]!r} from a URL, a repository or a path. Only names and versions in "
        "the registry are installed: choose a version of the package that keeps to them, or publish what it asks for."
    )
