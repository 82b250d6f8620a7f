"""Node's resolution, on small trees of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rulemint_runner.packages.installing.node_resolution import is_builtin, is_module, resolve

CONDITIONAL = {
    ".": [{"browser": "./browser.js", "node": {"import": "./esm.mjs", "require": "./cjs.cjs"}}, "./cjs.cjs"],
    "./data": "./data.json",
    "./deep/*": "./files/*.js",
    "./deep/private/*": None,
    "./only-import": {"import": "./esm.mjs"},
    "./outside": "../other/index.js",
}
TREE: dict[str, dict[str, Any]] = {
    "plain": {"main": "lib"},
    "no-main": {},
    "exporting": {"exports": CONDITIONAL, "imports": {"#inner": "./cjs.cjs", "#plain": "plain"}},
    "sugar": {"exports": {"import": "./m.js", "default": "./c.js"}, "type": "module"},
    "@scope/name": {"main": "./main.js"},
}
FILES = [
    "plain/lib/index.js", "plain/other.json", "plain/lib.js.map", "no-main/index.js", "exporting/esm.mjs",
    "exporting/cjs.cjs", "exporting/data.json", "exporting/files/x.js", "exporting/secret.js", "sugar/m.js",
    "sugar/c.js", "@scope/name/main.js", "@scope/name/sub/index.js", "other/index.js",
]  # fmt: skip


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    folder = tmp_path / "node_modules"
    for file in FILES:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    for name, manifest in TREE.items():
        (folder / name / "package.json").write_text(json.dumps({"name": name, **manifest}))
    return folder


@pytest.mark.parametrize(
    ("importer", "specifier", "by_import", "found"),
    [
        ("no-main/index.js", "plain", False, "plain/lib/index.js"),
        ("no-main/index.js", "plain/other", False, "plain/other.json"),
        ("no-main/index.js", "./", False, "no-main/index.js"),
        ("plain/lib/index.js", "..", False, "plain/lib/index.js"),
        ("plain/lib/index.js", "no-main", False, "no-main/index.js"),
        ("plain/lib/index.js", "@scope/name", False, "@scope/name/main.js"),
        ("plain/lib/index.js", "@scope/name/sub", False, "@scope/name/sub/index.js"),
        ("plain/lib/index.js", "exporting", False, "exporting/cjs.cjs"),
        ("plain/lib/index.js", "exporting", True, "exporting/esm.mjs"),
        ("plain/lib/index.js", "exporting/data", False, "exporting/data.json"),
        ("plain/lib/index.js", "exporting/deep/x", False, "exporting/files/x.js"),
        ("plain/lib/index.js", "exporting/deep/private/x", False, None),
        ("plain/lib/index.js", "exporting/secret.js", False, None),
        ("plain/lib/index.js", "exporting/only-import", False, "exporting/esm.mjs"),
        ("exporting/cjs.cjs", "exporting/data", False, "exporting/data.json"),
        ("exporting/cjs.cjs", "#inner", False, "exporting/cjs.cjs"),
        ("exporting/cjs.cjs", "#plain", False, "plain/lib/index.js"),
        ("plain/lib/index.js", "sugar", True, "sugar/m.js"),
        ("plain/lib/index.js", "sugar", False, "sugar/c.js"),
        ("plain/lib/index.js", "nowhere", False, None),
        ("plain/lib/index.js", "./nowhere", False, None),
    ],
)
def test_a_specifier_leads_where_node_says(
    modules: Path, importer: str, specifier: str, *, by_import: bool, found: str | None
) -> None:
    resolved = resolve(specifier, modules / importer, by_import=by_import)
    assert (resolved and resolved.relative_to(modules.resolve()).as_posix()) == found


def test_a_file_is_a_module_by_its_suffix_or_its_package(modules: Path) -> None:
    assert is_module(modules / "exporting/esm.mjs")
    assert is_module(modules / "sugar/m.js")
    assert not is_module(modules / "exporting/cjs.cjs")
    assert not is_module(modules / "plain/lib/index.js")


def test_a_builtin_with_a_slash_behind_it_is_a_package() -> None:
    assert is_builtin("punycode")
    assert is_builtin("fs/promises")
    assert is_builtin("node:test")
    assert not is_builtin("punycode/")
    assert not is_builtin("lodash")
