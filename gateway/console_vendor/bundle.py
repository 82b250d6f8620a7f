"""Make the bundle of the console's third parties, exactly as the lock file says: ``make console-vendor``.

``gateway/rulemint_gateway/web/console/vendor`` gets an ES module for every page, and one for pages with code. A
manifest has the versions, licences and hashes of all packages in them, and a text has their licences. The same lock
makes the same bytes; ``--check`` compares them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
VENDOR = HERE.parent / "rulemint_gateway/web/console/vendor"
MODULES = ("third-party.js", "code-editor.js")
MANIFEST, LICENCES = "manifest.json", "licences.txt"
MADE = (*MODULES, MANIFEST, LICENCES)
SOURCES = ("package.json", "package-lock.json", *MODULES)
BANNER = """\
// @ts-self-types="./{types}"
// @ts-nocheck: it is minified
// Made by `make console-vendor`; manifest.json and licences.txt say of what."""
_OPTIONS = (
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--charset=utf8",
    "--legal-comments=none",
    "--loader:.css=text",
    "--metafile=meta.json",
)
_NPM = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


def make(into: Path) -> None:
    """Write `MADE` into *into*.

    Raises:
        subprocess.CalledProcessError: npm or esbuild failed; they have said why.
    """
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in SOURCES:
            shutil.copy(HERE / name, work)
        _run(_NPM, work)
        inputs = {name: _bundled(name, work) for name in MODULES}
        packages = _packages(work, set.union(*inputs.values()))
        into.mkdir(parents=True, exist_ok=True)
        modules = [_module(name, (work / "made" / name).read_bytes(), into) for name in MODULES]
        text = json.dumps({"modules": modules, "packages": packages}, indent=2)
        (into / MANIFEST).write_text(text + "\n", encoding="utf-8")
        (into / LICENCES).write_text("\n\n".join(_licence(work, each) for each in packages), encoding="utf-8")


def _bundled(name: str, work: Path) -> set[str]:
    """Make one module in *work*. Return the folders of the packages of which something is in it."""
    banner = BANNER.format(types=Path(name).with_suffix(".d.ts"))
    esbuild = str(work / "node_modules/esbuild/bin/esbuild")
    _run(("node", esbuild, name, *_OPTIONS, f"--banner:js={banner}", f"--outfile=made/{name}"), work)
    inputs = json.loads((work / "meta.json").read_bytes())["inputs"]
    return {_folder_of(file) for file in inputs if file.startswith("node_modules/")}


def _module(name: str, code: bytes, into: Path) -> dict[str, Any]:
    (into / name).write_bytes(code)
    return {"name": name, "bytes": len(code), "sha256": hashlib.sha256(code).hexdigest()}


def _run(argv: tuple[str, ...], folder: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(argv, cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, "PATH": path})


def _packages(work: Path, folders: set[str]) -> list[dict[str, Any]]:
    """The packages in *folders*, as the lock file has them."""
    locked = json.loads((work / "package-lock.json").read_bytes())["packages"]
    return [
        {
            "name": folder.removeprefix("node_modules/"),
            "version": locked[folder]["version"],
            "licence": locked[folder]["license"],
            "integrity": locked[folder]["integrity"],
        }
        for folder in sorted(folders)
    ]


def _folder_of(file: str) -> str:
    parts = file.split("/")
    return "/".join(parts[: 3 if parts[1].startswith("@") else 2])


def _licence(work: Path, package: dict[str, Any]) -> str:
    folder = work / "node_modules" / package["name"]
    texts = sorted(file for file in folder.iterdir() if file.name.lower().startswith(("licen", "notice")))
    text = "\n".join(file.read_text(encoding="utf-8").strip() for file in texts)
    return f"{package['name']} {package['version']} ({package['licence']})\n\n{text}\n"


def differences(made: Path, committed: Path) -> list[str]:
    """The names of files that are not the same in both folders."""
    return [
        name
        for name in MADE
        if not (committed / name).is_file() or (made / name).read_bytes() != (committed / name).read_bytes()
    ]


def main() -> int:
    """Make the files, or compare them with those that are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if a file would change")
    try:
        if not parser.parse_args().check:
            make(VENDOR)
            return 0
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder))
            changed = differences(Path(folder), VENDOR)
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)  # noqa: T201  # the words of npm or esbuild
        return 2
    for name in changed:
        print(f"{VENDOR / name} is not what the lock file makes: run `make console-vendor`")  # noqa: T201  # its result
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
