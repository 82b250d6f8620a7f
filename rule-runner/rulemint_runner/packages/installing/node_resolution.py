"""Resolve a specifier in a file as Node does ("Modules: Packages" in its documentation): once, here.

Hosts get the answers as a table, so nothing of this is needed where rules run.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_BUILTINS = """
assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain events fs
http http2 https inspector module net os path perf_hooks process punycode querystring readline repl stream
string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib
"""
BUILTINS = frozenset(_BUILTINS.split())
_REQUIRE, _IMPORT = ("node", "require", "default"), ("node", "import", "module-sync", "default")
_SUFFIXES = ("", ".js", ".json", ".cjs", ".mjs")
_INDEXES = ("index.js", "index.json", "index.cjs")


def is_builtin(specifier: str) -> bool:
    """Tell whether Node itself answers to *specifier*; ``punycode/``, with a slash, is a package."""
    if specifier.startswith("node:"):
        return True
    name, slash, path = specifier.partition("/")
    return name in BUILTINS and (not slash or path in {"promises", "strict", "posix", "win32", "web", "types"})


def is_module(file: Path) -> bool:
    """Tell whether *file* is an ES module."""
    if file.suffix != ".js":
        return file.suffix == ".mjs"
    return manifest_of(package_of(file)).get("type") == "module"


def resolve(specifier: str, importer: Path, *, by_import: bool) -> Path | None:
    """The file that *importer* means by *specifier*; None if there is none.

    A package that has only modules is found by ``require`` too.
    """
    first, second = (_IMPORT, _REQUIRE) if by_import else (_REQUIRE, _IMPORT)
    return _resolve(specifier, importer, first) or _resolve(specifier, importer, second)


def _resolve(specifier: str, importer: Path, conditions: tuple[str, ...]) -> Path | None:
    if specifier.startswith(("./", "../")) or specifier in {".", ".."}:
        return _file_or_folder(importer.parent / specifier)
    if specifier.startswith("#"):
        package = package_of(importer)
        return _from_table(package, manifest_of(package).get("imports"), specifier, conditions)
    name, path = split(specifier)
    own = package_of(importer)
    if manifest_of(own).get("name") == name and "exports" in manifest_of(own):
        return _from_table(own, manifest_of(own)["exports"], f".{path}", conditions)
    for folder in importer.parents:
        package = folder / "node_modules" / name
        if _is_folder(package):
            return _within(package.resolve(), path, conditions)
    return None


def split(specifier: str) -> tuple[str, str]:
    """A package's name and the path within it: ``@a/b/c`` → ``@a/b`` and ``/c``."""
    parts = specifier.split("/")
    count = 2 if specifier.startswith("@") else 1
    path = "/".join(parts[count:])
    return "/".join(parts[:count]), f"/{path}" if path else ""


def _within(package: Path, path: str, conditions: tuple[str, ...]) -> Path | None:
    exports = manifest_of(package).get("exports")
    if exports is not None:
        return _from_table(package, exports, f".{path}", conditions)
    return _file_or_folder(package / path.lstrip("/"))


def _from_table(package: Path, table: Any, key: str, conditions: tuple[str, ...]) -> Path | None:
    """The target of *key* in a table of ``exports`` or ``imports``."""
    is_table = isinstance(table, dict) and all(str(name).startswith((".", "#")) for name in table)
    entries: dict[str, Any] = table if is_table else {".": table}
    target, star = entries.get(key), ""
    if target is None:
        fitting = [
            (pattern, key[len(head) : len(key) - len(tail)])
            for pattern in entries
            for head, mark, tail in [pattern.partition("*")]
            if mark and key.startswith(head) and key.endswith(tail) and len(key) >= len(pattern)
        ]
        if not fitting:
            return None
        pattern, star = max(fitting, key=lambda each: len(each[0].partition("*")[0]))
        target = entries[pattern]
    chosen = _chosen(target, conditions)
    if chosen is None:
        return None
    chosen = chosen.replace("*", star)
    if not chosen.startswith("./"):
        return _resolve(chosen, package / "package.json", conditions)
    return _existing(package / chosen)


def _chosen(target: Any, conditions: tuple[str, ...]) -> str | None:
    """The first of nested conditions that holds."""
    if isinstance(target, str):
        return target
    if isinstance(target, list):
        return next(filter(None, (_chosen(each, conditions) for each in target)), None)
    if isinstance(target, dict):
        holding = (each for condition, each in target.items() if condition in conditions)
        return next(filter(None, (_chosen(each, conditions) for each in holding)), None)
    return None


def _file_or_folder(path: Path) -> Path | None:
    for suffix in _SUFFIXES:
        if found := _existing(path.with_name(path.name + suffix) if suffix else path):
            return found
    main = manifest_of(path).get("main")
    if isinstance(main, str) and main.strip("./") and (found := _file_or_folder(path / main)):
        return found
    return next(filter(None, (_existing(path / index) for index in _INDEXES)), None)


def _existing(path: Path) -> Path | None:
    try:
        return path.resolve() if path.is_file() else None
    except (OSError, ValueError):  # minified text may look like a path, and be too long for one
        return None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def package_of(file: Path) -> Path:
    """The folder of the package that *file* belongs to."""
    for folder in file.parents:
        if "name" in manifest_of(folder) or "type" in manifest_of(folder) or folder.name == "node_modules":
            return folder
    return file.parent


@cache
def manifest_of(folder: Path) -> dict[str, Any]:
    """Read the ``package.json`` of *folder*; empty if there is none."""
    try:
        manifest = json.loads((folder / "package.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
