"""Packages from an npm registry: downloaded and unpacked by Deno, which runs no script of theirs."""

from __future__ import annotations

import json
from pathlib import Path

from rulemint_runner.packages.installing.installer import Command
from rulemint_runner.packages.installing.node_files import collect
from rulemint_runner.packages.installing.npm_words import in_npm_words
from rulemint_runner.packages.installing.refusal import InstallError
from rulemint_runner.packages.installing.upstream import NoAnswerError
from rulemint_runner.packages.messages import InstallTask, PackageSet
from rulemint_shared.contract.package_messages import Wanted
from rulemint_shared.contract.package_versions import npm_range

_BACKTRACE = "Stack backtrace:"
_PROGRESS = ("Download ", "Initialize ", "Warning ")


def command(task: InstallTask, folder: Path, gate: str) -> Command:
    """Deno, to unpack into *folder* what it finds at *gate*."""
    names = _names(task.request.wanted)
    (folder / "package.json").write_text(json.dumps({"name": "rule", "private": True, "dependencies": _ranges(names)}))
    return Command(
        argv=(task.deno, "install", "--node-modules-dir=auto", "--no-lock"),
        environment={
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(folder),
            "HOME": str(folder),
            "DENO_DIR": str(folder / "cache"),
            "DENO_NO_UPDATE_CHECK": "1",
            "DENO_TLS_CA_STORE": "mozilla",
            "NO_COLOR": "1",
            "NPM_CONFIG_REGISTRY": f"{gate}npm/",
        },
    )


def failed(task: InstallTask, output: str, missing: list[NoAnswerError]) -> InstallError:
    """Say why Deno did not install, in npm's words where it has some."""
    return InstallError(in_npm_words(_explained(output), task.request.wanted, missing))


def collected(task: InstallTask, folder: Path) -> tuple[PackageSet, dict[str, str]]:
    """The package set of what is in *folder*, and the version of everything that was wanted.

    Raises:
        InstallError: there is no such file, or there is too much of it.
    """
    names = _names(task.request.wanted)
    roots = {wanted.specifier: names[wanted.name, wanted.version] + wanted.path for wanted in task.request.wanted}
    versions = {names[key]: _version(folder / "node_modules" / names[key]) for key in names}
    resolved = {
        wanted.specifier: versions[names[wanted.name, wanted.version]]
        for wanted in task.request.wanted
        if not wanted.path
    }
    return collect(folder, roots), resolved


def _names(wanted: tuple[Wanted, ...]) -> dict[tuple[str, str], str]:
    """Name each package and version in the folder: a second version of a package needs a name of its own."""
    names: dict[tuple[str, str], str] = {}
    for each in wanted:
        key = (each.name, each.version)
        if key not in names:
            is_first = each.name not in names.values()
            names[key] = each.name if is_first else f"other-version-{len(names)}-of-{each.name.split('/')[-1]}"
    return names


def _ranges(names: dict[tuple[str, str], str]) -> dict[str, str]:
    ranges = {}
    for (name, version), installed_as in names.items():
        wanted = npm_range(version)
        ranges[installed_as] = wanted if installed_as == name else f"npm:{name}@{wanted}"
    return ranges


def _version(package: Path) -> str:
    try:
        return str(json.loads((package / "package.json").read_bytes()).get("version", ""))
    except (OSError, ValueError):
        return ""


def _explained(output: str) -> str:
    """Return what went wrong, without the progress that precedes it."""
    said = output.partition(_BACKTRACE)[0]
    lines = [line for line in said.splitlines() if not line.startswith(_PROGRESS)]
    return "\n".join(lines).strip().removeprefix("error: ") or "the installation failed without a word"
