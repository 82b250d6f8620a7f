"""Read the version of a package as an author writes it, in the words of either registry.

Most authors know npm's words: ``2`` and ``2.x`` are prefixes, ``^1.2`` and ``~1.2`` are ranges. They hold for PyPI too.
Python's ``==1.*``, ``~=1.2`` and ``>=1,<2`` hold for npm.
"""

from __future__ import annotations

import re

ANY_VERSION = "*"
ANY = frozenset({"", ANY_VERSION, "latest", "x", "X"})
WHOLE = 3
"""A version of fewer numbers is a prefix."""

_BETWEEN = re.compile(r"\s*,\s*|\s+(?=[<>=~^!])")
_OF_NPM = re.compile(r"(?P<operator>[\^=]|~(?!=))?\s*v?(?P<numbers>\d+(?:\.\d+)*)(?P<rest>(?:\.[xX*])*)")
_COMPATIBLE = re.compile(r"~=\s*(?P<numbers>\d+(?:\.\d+)+)")
_ANYTHING_AFTER = re.compile(r"\.[xX](?=\Z|\.)")


def pypi_specifier(version: str) -> str:
    """Return *version* as PEP 440 writes it; empty for any. A text that is none comes back as it is.

    Raises:
        ValueError: PyPI has no word for it.
    """
    version = version.strip()
    if version in ANY:
        return ""
    if "||" in version:
        raise ValueError("PyPI has no ||: name one range, such as >=1.2,<3")
    if " - " in version:
        first, _, last = version.partition(" - ")
        raise ValueError(f"PyPI has no range with a dash: name it as >={first.strip()},<={last.strip()}")
    return ",".join(_for_pypi(part) for part in _BETWEEN.split(version))


def npm_range(version: str) -> str:
    """Return *version* as npm writes it.

    Raises:
        ValueError: npm has no word for it.
    """
    version = version.strip()
    if version in ANY:
        return version or ANY_VERSION
    if "!=" in version:
        raise ValueError("npm has no !=: name ranges without it, such as <1.2.3 || >1.2.3")
    return " ".join(_for_npm(part) for part in re.split(r"\s*,\s*", version))


def _for_pypi(part: str) -> str:
    found = _OF_NPM.fullmatch(part)
    if found is None:
        return f"=={part}" if part[:1].isdigit() else _ANYTHING_AFTER.sub(".*", part)
    numbers, operator = found["numbers"], found["operator"]
    if operator in {"^", "~"}:
        return f">={numbers},<{_next(numbers, operator)}"
    is_prefix = bool(found["rest"]) or numbers.count(".") < WHOLE - 1
    return f"=={numbers}.*" if is_prefix else f"=={numbers}"


def _for_npm(part: str) -> str:
    found = _COMPATIBLE.fullmatch(part)
    if found is not None:
        kept = found["numbers"].split(".")[:-1]
        return f">={found['numbers']} <{'.'.join([*kept[:-1], str(int(kept[-1]) + 1)])}"
    return part.lstrip("=").strip() if part.startswith("==") else part


def _next(numbers: str, operator: str) -> str:
    """The first version that is beyond the range of *operator* from *numbers* on."""
    parts = [int(each) for each in numbers.split(".")]
    if operator == "~":
        at = min(1, len(parts) - 1)
    else:
        at = next((at for at, number in enumerate(parts) if number > 0), len(parts) - 1)
    return ".".join(str(each) for each in [*parts[:at], parts[at] + 1])
