"""Packages from a Python index: wheels that have no compiled part, unpacked by pip, which runs nothing of theirs.

A host may map no file but its own interpreter's, so only pure wheels could work; pip takes the pure one where a package
has both.
"""

from __future__ import annotations

import importlib.util
import marshal
import stat
import sys
from collections.abc import Collection, Iterator
from importlib import metadata
from pathlib import Path

from packaging.utils import canonicalize_name

from rulemint_runner.packages.installing.installer import Command
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.messages import MAX_SET_BYTES, InstallTask, PackageSet
from rulemint_shared.contract.dependencies import requirement

_FLAGS = (
    "--isolated", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--quiet", "--no-color",
    "--retries", "2", "--timeout", "60",
    "install", "--no-compile", "--no-warn-conflicts",
    "--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none",
)  # fmt: skip
_NOTHING_FOUND = "No matching distribution found"
_BROKE = "Traceback (most recent call last)"
_NATIVE = frozenset({".so", ".pyd", ".dylib", ".dll"})
_MAX_LINE_CHARACTERS = 300
_TARGET = "packages"


def command(task: InstallTask, folder: Path, gate: str) -> Command:
    """pip, to unpack into *folder* what it finds at *gate*."""
    requirements = [requirement(each.name, each.version) for each in task.request.wanted]
    places = ("--index-url", f"{gate}simple/", "--target", str(folder / _TARGET))
    return Command(
        argv=(sys.executable, "-I", "-m", "pip", *_FLAGS, *places, *requirements),
        environment={
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(folder),
            "HOME": str(folder),
            "PIP_CONFIG_FILE": "/dev/null",
        },
    )


def failed(output: str, compiled: Collection[str] = ()) -> InstallError:
    """Say why pip did not install, in its own words. It met the projects *compiled*, which have compiled parts.

    Raises:
        RuntimeError: it broke, which is nobody's fault but ours.
    """
    if _BROKE in output:
        raise RuntimeError(output)
    return InstallError(_explained(output, sorted(compiled)))


def collected(task: InstallTask, folder: Path) -> tuple[PackageSet, dict[str, str]]:
    """The package set of what is in *folder*, and the version of everything that was wanted.

    Raises:
        InstallError: it is not pure, or too much.
    """
    target = folder / _TARGET
    found = metadata.distributions(path=[str(target)])
    versions = {canonicalize_name(each.metadata["Name"]): each.version for each in found}
    names = {each.specifier: canonicalize_name(each.name.partition("[")[0]) for each in task.request.wanted}
    return _collect(target), {specifier: versions.get(name, "") for specifier, name in names.items()}


def _collect(target: Path) -> PackageSet:
    files: dict[str, str] = {}
    data: dict[str, bytes] = {}
    size = 0
    for path, file_size in _regular_files(target):
        name = path.relative_to(target).as_posix()
        if name.startswith("bin/") or "__pycache__" in name:
            continue
        if path.suffix in _NATIVE:
            raise InstallError(
                f"{name.split('/')[0]} has a compiled part, {path.name}: rules can only use pure packages"
            )
        size += file_size
        if size > MAX_SET_BYTES:
            raise InstallError(f"the packages are larger than {MAX_SET_BYTES // 1024**2} MiB together")
        content = path.read_bytes()
        try:
            files[name] = content.decode()
        except UnicodeDecodeError:
            data[name] = content
        if path.suffix == ".py" and name in files:
            data.update(_compiled(name, content))
    return PackageSet(files=files, data=data)


def _regular_files(folder: Path) -> Iterator[tuple[Path, int]]:
    """The files in *folder*, no links, with their sizes."""
    for path in sorted(folder.rglob("*")):
        found = path.lstat()
        if stat.S_ISREG(found.st_mode):
            yield path, found.st_size


def _compiled(name: str, source: bytes) -> dict[str, bytes]:
    """*source* as this interpreter compiles it, so that no host of the same interpreter has to; nothing is run."""
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {f"{name}.{compiled_tag()}": marshal.dumps(code)}


def compiled_tag() -> str:
    """Return what distinguishes the compiled code of this interpreter from that of others."""
    return importlib.util.MAGIC_NUMBER.hex()


def _explained(output: str, compiled: list[str]) -> str:
    lines = [line.removeprefix("ERROR: ")[:_MAX_LINE_CHARACTERS] for line in output.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("WARNING:", "Looking in"))]
    if any(_NOTHING_FOUND in line for line in said):
        said.append("Rules can only use packages that have a pure wheel (none-any), for this version of Python.")
    if compiled:
        have = "has" if len(compiled) == 1 else "have"
        said.insert(0, f"{', '.join(compiled)} {have} compiled parts, and rules can only use pure packages:")
    return "\n".join(said) or "the installation failed without a word"
