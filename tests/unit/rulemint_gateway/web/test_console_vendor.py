"""The console's third parties: one committed bundle, of which the manifest says all."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from fixtures.processes import ROOT

CONSOLE = ROOT / "gateway/rulemint_gateway/web/console"
MANIFEST = json.loads((CONSOLE / "vendor/manifest.json").read_bytes())
LOCKED = json.loads((ROOT / "gateway/console_vendor/package-lock.json").read_bytes())["packages"]
FREE = {"MIT", "Apache-2.0", "ISC", "BSD-2-Clause", "BSD-3-Clause"}


@pytest.mark.parametrize("module", MANIFEST["modules"], ids=lambda module: module["name"])
def test_the_manifest_has_the_hash_of_what_is_committed(module: dict[str, str | int]) -> None:
    code = (CONSOLE / "vendor" / str(module["name"])).read_bytes()
    assert (len(code), hashlib.sha256(code).hexdigest()) == (module["bytes"], module["sha256"])


def test_each_package_is_locked_by_a_hash_under_a_free_licence_whose_text_is_there() -> None:
    texts = (CONSOLE / "vendor/licences.txt").read_text()
    for package in MANIFEST["packages"]:
        locked = LOCKED[f"node_modules/{package['name']}"]
        assert (package["version"], package["integrity"]) == (locked["version"], locked["integrity"])
        assert package["licence"] in FREE
        assert f"{package['name']} {package['version']} ({package['licence']})" in texts


def test_the_lock_names_no_address_and_exact_versions() -> None:
    assert [name for name, package in LOCKED.items() if "resolved" in package] == []
    wanted = json.loads((ROOT / "gateway/console_vendor/package.json").read_bytes())
    for version in (wanted["dependencies"] | wanted["devDependencies"]).values():
        assert re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version)


def test_no_other_code_of_third_parties_is_in_the_console() -> None:
    made = {module["name"] for module in MANIFEST["modules"]}
    written = [path for path in CONSOLE.rglob("*.js") if "derived" not in path.parts]  # those are our own texts
    longest = {path: max(map(len, path.read_text().splitlines())) for path in written}
    assert {path.name for path, length in longest.items() if length > 500} == made
