"""Packages from a Python index: wheels that have no compiled part, unpacked by pip, which runs nothing of theirs.

A host may map no file but its own interpreter's, so only pure wheels could work; pip takes the pure one where a package
has both.
"""

from __future__ import annotations

import importlib.util
import marshal
import re
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from packaging.utils import canonicalize_name

from rulemint_runner.packages.installing.installer import Command
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.installing.sizes import check_size
from rulemint_runner.packages.messages import MAX_SET_BYTES, InstallTask, PackageSet
from rulemint_shared.contract.dependencies import requirement

_FLAGS = (
    "--isolated", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--quiet", "--no-color",
    "--retries", "2", "--timeout", "60",
    "install", "--no-compile", "--no-warn-conflicts",
    "--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none",
)  # fmt: skip
_NOTHING_FOUND = "No matching distribution found"
_MISSING = re.compile(rf"{_NOTHING_FOUND} for (?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)")
_INSTEAD = {
    "aiohttp": "use httpx, whose asynchronous client works",
    "cryptography": "use pyjwt with HMAC, python-jose or rsa",
    "grpcio": "gRPC needs HTTP/2 over a socket, which a rule does not have, so call the service's HTTP API",
    "markupsafe": "use html.escape, or chevron for jinja2",
    "numpy": "use the modules math and statistics",
    "orjson": "use json",
    "pydantic-core": "use pydantic<2, attrs or dataclasses",
    "pyyaml": "use ruamel.yaml",
    "jiter": "use an older version, such as openai==1.39.0 with pydantic<2",
}
"""Advice for rules, by the project with compiled parts that they wanted."""
_BROKE = "Traceback (most recent call last)"
_NATIVE = frozenset({".so", ".pyd", ".dylib", ".dll"})
_NEVER_READ = frozenset({".pyi", ".pyx", ".pxd", ".c", ".h", ".cpp", ".po", ".pot", ".rst", ".md"})
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


def failed(output: str, compiled: Mapping[str, Sequence[str]] = MappingProxyType({})) -> InstallError:
    """Say why pip did not install, in its own words unless it is for the projects *compiled*.

    They have compiled parts; each comes with those that need it.

    Raises:
        RuntimeError: it broke, which is nobody's fault but ours.
    """
    if _BROKE in output:
        raise RuntimeError(output)
    return InstallError(_explained(output, compiled))


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
    for path in _kept_files(target):
        name = path.relative_to(target).as_posix()
        if path.suffix in _NATIVE:
            raise InstallError(
                f"{name.split('/')[0]} has a compiled part, {path.name}: rules can only use pure packages"
            )
        content = path.read_bytes()
        try:
            files[name] = content.decode()
        except UnicodeDecodeError:
            data[name] = content
        if path.suffix == ".py" and name in files:
            data.update(_compiled(name, content))
    return PackageSet(files=files, data=data)


def _kept_files(target: Path) -> list[Path]:
    """The files for a rule. What no rule imports goes, should all of it be too large.

    Raises:
        InstallError: it is too large even so.
    """
    sizes = {
        path: size
        for path, size in _regular_files(target)
        if path.relative_to(target).parts[0] != "bin" and "__pycache__" not in path.parts
    }
    if sum(sizes.values()) > MAX_SET_BYTES:
        sizes = {path: size for path, size in sizes.items() if not _is_left_out(path.relative_to(target))}
    check_size({path: (path.relative_to(target).parts[0], size) for path, size in sizes.items()}.values())
    return list(sizes)


def _is_left_out(path: Path) -> bool:
    return path.suffix in _NEVER_READ or "tests" in path.parts


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


def _explained(output: str, compiled: Mapping[str, Sequence[str]]) -> str:
    lines = [line.removeprefix("ERROR: ")[:_MAX_LINE_CHARACTERS] for line in output.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("WARNING:", "Looking in"))]
    if compiled and not any(_is_of_another(line, compiled) for line in said):
        return _why_compiled(compiled)
    if any(_NOTHING_FOUND in line for line in said):
        said.append("Rules can only use packages that have a pure wheel (none-any), for this version of Python.")
    if compiled:
        said.insert(0, _why_compiled(compiled))
    return "\n".join(said) or "the installation failed without a word"


def _is_of_another(line: str, compiled: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether pip misses something that is not for want of a pure wheel."""
    found = _MISSING.search(line)
    return found is not None and canonicalize_name(found["name"]) not in compiled


def _need(names: Sequence[str]) -> str:
    return f"{' and '.join(names)} {'needs' if len(names) == 1 else 'need'}"


def _why_compiled(compiled: Mapping[str, Sequence[str]]) -> str:
    """Say which packages have compiled parts, who needs them, and what to take instead."""
    named = [f"{name}, which {_need(by)}," if by else name for name, by in compiled.items()]
    have = "has" if len(compiled) == 1 else "have"
    instead = [_INSTEAD[name] for name in compiled if name in _INSTEAD]
    advice = "; ".join(instead) or "choose a package, or a version, that is Python alone"
    return f"{' and '.join(named)} {have} compiled parts, and rules can only use pure packages: {advice}"
