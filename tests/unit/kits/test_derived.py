"""The test kits are held to what hosts run, and need nothing else."""

from __future__ import annotations

import ast
import sys
from inspect import signature
from operator import attrgetter
from pathlib import Path

import pytest
from sdk.derive import ROOT, derived

import rulemint

KIT = ROOT / "sdk/python/rulemint"


@pytest.mark.parametrize("name", derived())
def test_a_copy_in_a_kit_is_what_a_host_runs(name: str) -> None:
    assert (ROOT / name).read_text() == derived()[name], "run `make sdk`"


def test_nothing_else_lies_among_the_copies() -> None:
    folders = (KIT / "_contract", ROOT / "sdk/javascript/contract")
    lying = {str(path.relative_to(ROOT)) for folder in folders for path in folder.iterdir() if path.is_file()}
    assert lying - derived().keys() == set()


def imports_of(path: Path) -> set[str]:
    """The top-level packages that *path* imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


def test_the_kit_for_python_needs_nothing_but_python() -> None:
    """`idna` is for hosts whose names are not ASCII, and pytest has its plug-in loaded by itself."""
    foreign = {
        str(path.relative_to(KIT)): sorted(imports_of(path) - sys.stdlib_module_names - {"rulemint"})
        for path in KIT.rglob("*.py")
    }
    assert {name: names for name, names in foreign.items() if names} == {
        "_contract/allow_list.py": ["idna"],
        "pytest_plugin.py": ["pytest"],
    }


def test_what_editors_are_told_of_rulemint_is_what_the_module_has() -> None:
    stub = ast.parse((KIT / "__init__.pyi").read_text())
    defined = {node.name: node for node in stub.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    aliases = {ast.unparse(node.target) for node in stub.body if isinstance(node, ast.AnnAssign)}
    assert defined.keys() | aliases == set(vars(rulemint)["__all__"])
    told = {name: _parameters(node) for name, node in defined.items() if isinstance(node, ast.FunctionDef)}
    for kind in (rulemint.Storage, rulemint.Response):
        methods = [node for node in defined[kind.__name__].body if isinstance(node, ast.FunctionDef)]
        told |= {f"{kind.__name__}.{node.name}": _parameters(node) for node in methods}
    assert told == {name: list(signature(attrgetter(name)(rulemint)).parameters) for name in told}


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [each.arg for each in (*function.args.args, *function.args.kwonlyargs)]
