"""Write an image's bill of materials as CycloneDX: the Debian packages, Python, and the Python packages.

It runs in the image while that is built, and prints JSON. ``cyclonedx-py`` has described the Python packages, if there
are any; the others are added here. What is not valid ends the build.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

VERSION = SchemaVersion.V1_6
LICENCE = [{"license": {"id": "Apache-2.0"}}]

Component = dict[str, Any]


def main() -> int:
    """Print the document, or say what is wrong with it."""
    arguments = _arguments()
    document = json.loads(arguments.python.read_text()) if arguments.python else _empty()
    found = document.setdefault("components", [])
    found += [_ours(name, arguments.version, kind="library") for name in arguments.own]
    found += [_interpreter(), *_debian_packages()]
    document["metadata"]["component"] = _ours(arguments.name, arguments.version, kind="application")
    document.pop("dependencies", None)  # they name the root as cyclonedx-py called it
    text = json.dumps(document, indent=1)
    error = JsonStrictValidator(VERSION).validate_str(text)
    if error is not None:
        sys.stderr.write(f"the bill of materials is not valid: {error}\n")
        return 1
    sys.stdout.write(text + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="the image's name")
    parser.add_argument("--version", required=True, help="the version of Rulemint")
    parser.add_argument("--own", action="append", default=[], help="a package of Rulemint in the image")
    parser.add_argument("--python", type=Path, help="what cyclonedx-py has written")
    return parser.parse_args()


def _empty() -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": VERSION.to_version(), "version": 1, "metadata": {}}


def _ours(name: str, version: str, *, kind: str) -> Component:
    return {"type": kind, "bom-ref": name, "name": name, "version": version, "licenses": LICENCE}


def _interpreter() -> Component:
    version = platform.python_version()
    purl = f"pkg:generic/python@{version}"
    return {"type": "application", "bom-ref": purl, "name": "python", "version": version, "purl": purl}


def _debian_packages() -> Iterator[Component]:
    command = ["dpkg-query", "--show", "--showformat", "${Package}\t${Version}\t${Architecture}\n"]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        name, version, architecture = line.split("\t")
        purl = f"pkg:deb/debian/{quote(name, safe='')}@{quote(version, safe='')}?arch={architecture}"
        yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


if __name__ == "__main__":
    sys.exit(main())
