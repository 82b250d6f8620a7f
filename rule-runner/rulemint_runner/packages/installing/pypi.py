"""Packages from a Python index: wheels that have no compiled part, unpacked by pip, which runs nothing of theirs.

A host may map no file but its own interpreter's, so only pure wheels could work; pip takes the pure one where a package
has both.
"""

from __future__ import annotations

import importlib.util
import marshal
import re
import sys
from importlib import metadata
from pathlib import Path

from rulemint_runner.packages.installing.commands import run
from rulemint_runner.packages.installing.refusal import InstallError, RegistryDownError
from rulemint_runner.packages.messages import MAX_SET_BYTES, InstallTask, PackageSet
from rulemint_shared.dependencies import requirement

_FLAGS = (
    "--isolated", "--disable-pip-version-check", "--no-input", "--no-cache-dir", "--quiet", "--no-color",
    "--retries", "2",
    "install", "--no-compile", "--no-warn-conflicts",
    "--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none",
)  # fmt: skip
_NOTHING_FOUND = "No matching distribution found"
_IS_DOWN = re.compile(
    r"Could not fetch URL \S+: (?!4(?!29))|HTTP error (?:5\d\d|429)\b|Max retries exceeded|Read timed out"
)
"""In pip's own log: on its console it says of an index that is down only that there is no such package."""
_BROKE = "Traceback (most recent call last)"
_NATIVE = frozenset({".so", ".pyd", ".dylib", ".dll"})
_MAX_LINE_CHARACTERS = 300


def install(task: InstallTask, folder: Path) -> tuple[PackageSet, dict[str, str]]:
    """Install into *folder*; returns the package set, and the version of everything that was wanted.

    Raises:
        InstallError: the index does not have it as a pure wheel.
        RegistryDownError: it does not answer, or has no time.
    """
    target = folder / "packages"
    index = [] if task.pypi_index is None else ["--index-url", task.pypi_index]
    requirements = [requirement(each.name, each.version) for each in task.request.wanted]
    log = folder / "pip.log"
    places = ["--log", str(log), "--target", str(target)]
    command = [sys.executable, "-I", "-m", "pip", *_FLAGS, *index, *places, *requirements]
    code, output = run(command, {"HOME": str(folder), "PIP_CONFIG_FILE": "/dev/null"}, folder)
    if _BROKE in output:
        raise RuntimeError(output)
    if code != 0 and (down := _IS_DOWN.search(log.read_text(errors="replace"))):
        raise RegistryDownError(down.string[down.start() :].partition("\n")[0])
    if code != 0:
        raise InstallError(_explained(output))
    versions = {_normal(each.metadata["Name"]): each.version for each in metadata.distributions(path=[str(target)])}
    resolved = {each.specifier: versions.get(_normal(each.name.partition("[")[0]), "") for each in task.request.wanted}
    return _collect(target), resolved


def _collect(target: Path) -> PackageSet:
    files: dict[str, str] = {}
    data: dict[str, bytes] = {}
    size = 0
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if not path.is_file() or name.startswith("bin/") or "__pycache__" in name:
            continue
        if path.suffix in _NATIVE:
            raise InstallError(
                f"{name.split('/')[0]} has a compiled part, {path.name}: rules can only use pure packages"
            )
        content = path.read_bytes()
        size += len(content)
        if size > MAX_SET_BYTES:
            raise InstallError(f"the packages are larger than {MAX_SET_BYTES // 1024**2} MiB together")
        try:
            files[name] = content.decode()
        except UnicodeDecodeError:
            data[name] = content
        if path.suffix == ".py" and name in files:
            data.update(_compiled(name, content))
    return PackageSet(files=files, data=data)


def _compiled(name: str, source: bytes) -> dict[str, bytes]:
    """*source* as this interpreter compiles it, so that no host of the same interpreter has to; nothing is run."""
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {f"{name}.{compiled_tag()}": marshal.dumps(code)}


def compiled_tag() -> str:
    """What distinguishes the compiled code of this interpreter from that of others."""
    return importlib.util.MAGIC_NUMBER.hex()


def _normal(name: str) -> str:
    """A project's name as PEP 503 compares it."""
    return name.lower().replace("_", "-").replace(".", "-")


def _explained(output: str) -> str:
    lines = [line.removeprefix("ERROR: ")[:_MAX_LINE_CHARACTERS] for line in output.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(("WARNING:", "Looking in"))]
    if any(_NOTHING_FOUND in line for line in said):
        said.append("Rules can only use packages that have a pure wheel (none-any), for this version of Python.")
    return "\n".join(said) or "the installation failed without a word"
