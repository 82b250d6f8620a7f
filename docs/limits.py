"""Writes docs/limits.md from the index docs/limits.toml and the code's own constants: ``make docs``."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
INDEX = Path(__file__).with_name("limits.toml")
PACKAGES = {
    "shared": ROOT / "shared/rulemint_shared",
    "gateway": ROOT / "gateway/rulemint_gateway",
    "runner": ROOT / "rule-runner/rulemint_runner",
}
INTERNAL = "internal"
OTHER_INTERPRETER = "host_programs"
"""Files that no service imports: what they bound, `frames` bounds again."""
LIMIT = re.compile(r"_?MAX_\w+|_?WAITING\w*|BUFFERED_\w+")
"""The names of constants that have to be in the index."""
UNITS = (
    ("_BYTES", "bytes"),
    ("_CHARACTERS", "characters"),
    ("_MS", "ms"),
    ("_S", "s"),
    ("_MB", "MiB"),
    ("_DAYS", "days"),
)
INTRODUCTION = """# Limits

What is limited, by how much, and what somebody gets who goes beyond. This page is made from the code by `make docs`.

- Limits that an operator sets: [settings.md](settings.md).
- How addresses, tokens and tenants are limited: [security/limits.md](security/limits.md).
- The bounds of each field of the management API: its OpenAPI document.
"""


def index() -> dict[str, dict[str, list[str]]]:
    """By section, by constant: what it limits and what goes beyond it gets."""
    return {title: rows for title, rows in tomllib.loads(INDEX.read_text()).items() if title != INTERNAL}


def internal() -> dict[str, str]:
    """By constant, why the page leaves it out."""
    left_out: dict[str, str] = tomllib.loads(INDEX.read_text())[INTERNAL]
    return left_out


def constants() -> Iterator[tuple[str, Path, str]]:
    """Package, file and name of each module constant whose name says that it limits something."""
    for package in PACKAGES:
        for path in _files(package):
            if OTHER_INTERPRETER not in path.parts:
                yield from ((package, path, name) for name in _names(path) if LIMIT.fullmatch(name))


def files_of(key: str) -> list[Path]:
    """The files that define the constant which *key* names; a key that is right has one."""
    package, place, name = _parts(key)
    ending = f"/{place}.py"
    return [path for path in _files(package) if f"/{path}".endswith(ending) and name in _names(path)]


def render() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for title, rows in index().items():
        table = f"## {title}\n\n| limit | value | beyond it | where |\n|---|---|---|---|\n"
        parts.append(table + "".join(_row(key, *texts) for key, texts in rows.items()))
    return "\n".join(parts)


def _row(key: str, what: str, beyond: str, unit: str | None = None) -> str:
    package, _, name = _parts(key)
    (path,) = files_of(key)
    module = ".".join(path.relative_to(PACKAGES[package].parent).with_suffix("").parts)
    value = _shown(getattr(importlib.import_module(module), name), unit or _unit(name))
    return f"| {what} | {value} | {beyond} | {package}: `{path.name}`, `{name}` |\n"


def _unit(name: str) -> str:
    """The unit that the *name* of a constant ends with."""
    return next((unit for ending, unit in UNITS if name.endswith(ending)), "")


def _shown(value: float, unit: str) -> str:
    """*value* with its *unit*: the largest one of bytes that leaves a whole number, and seconds from 1,000 ms on."""
    if unit == "bytes":
        for size, larger in ((1024**2, "MiB"), (1024, "KiB")):
            if value >= size and value % size == 0:
                return f"{value // size:,} {larger}"
    if unit == "ms" and value >= 1000:
        value, unit = value / 1000, "s"
    return f"{value:,.10g} {unit}".strip()


def _parts(key: str) -> tuple[str, str, str]:
    """``gateway:bodies.MAX_METADATA`` → its package, the end of its file's path, and its name."""
    package, _, rest = key.partition(":")
    place, _, name = rest.rpartition(".")
    return package, place, name


@cache
def _files(package: str) -> list[Path]:
    return sorted(PACKAGES[package].rglob("*.py"))


@cache
def _names(path: Path) -> set[str]:
    """The names that the module at *path* assigns."""
    assigned = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Assign)]
    return {
        name.id
        for node in assigned
        for target in node.targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }


if __name__ == "__main__":
    Path(__file__).with_name("limits.md").write_text(render())
