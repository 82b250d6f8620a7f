"""A Python package reads its own files: from memory, by whatever means, and writes none."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest

from fixtures.hosts import loaded
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

SET = {
    "files": {"plans/__init__.py": "from os.path import dirname\nHERE = dirname(__file__)\n", "plans/data.json": "[1]"},
    "data": {"plans/names.bin": base64.b64encode(b"\xff\x00").decode()},
}
PACKAGES = msgspec.Raw(json.dumps(SET).encode())
HEAD = "import importlib.resources, io, json, os, pathlib, pkgutil\nimport plans\n"

READS = [
    ("json.load(open(os.path.join(plans.HERE, 'data.json')))", "[1]"),
    ("open(plans.HERE + '/names.bin', 'rb').read()", "b'\\xff\\x00'"),
    ("io.open(plans.HERE + '/../plans/data.json').read()", "[1]"),
    ("pathlib.Path(plans.__file__).with_name('data.json').read_text()", "[1]"),
    ("importlib.resources.files('plans').joinpath('data.json').read_text()", "[1]"),
    ("pkgutil.get_data('plans', 'data.json')", "b'[1]'"),
    ("os.path.exists(plans.HERE + '/data.json')", "True"),
    ("os.path.isdir(plans.HERE)", "True"),
    ("os.path.isfile(plans.HERE)", "False"),
    ("os.path.getsize(plans.HERE + '/data.json')", "3"),
    ("os.path.exists(plans.HERE + '/other.json')", "False"),
    ("sorted(os.listdir(plans.HERE))", "['__init__.py', 'data.json', 'names.bin']"),
    ("os.access(plans.HERE + '/data.json', os.R_OK)", "True"),
    ("os.access(plans.HERE + '/data.json', os.W_OK)", "False"),
]
REFUSED = [
    ("open(plans.HERE + '/other.json')", "No such file in the rule's packages"),
    ("open(plans.HERE + '/data.json', 'w')", "a file of a package can only be read"),
    ("open(plans.HERE + '/data.json', 'r+')", "a file of a package can only be read"),
    ("open(plans.HERE + '/../../etc/passwd')", "a rule's sandbox refuses every file"),
    ("open('/packages/../etc/passwd')", "a rule's sandbox refuses every file"),
    ("open('/packages-of-others')", "a rule's sandbox refuses every file"),
]


def script(expression: str) -> str:
    return (
        f"{HEAD}\ndef rule(client, scope, audience, context):\n"
        f"    try:\n        return {{'said': str({expression})}}\n"
        "    except OSError as error:\n        return {'said': str(error)}\n"
    )


@pytest.mark.parametrize(("expression", "said"), READS)
async def test_a_package_reads_its_own_files(sandbox: Sandbox, expression: str, said: str) -> None:
    async with loaded(sandbox, script(expression), Language.PYTHON, packages=PACKAGES) as rule:
        for _ in range(2):
            assert json.loads(await rule.value()) == {"said": said}


@pytest.mark.parametrize(("expression", "said"), REFUSED)
async def test_nothing_else_is_opened(sandbox: Sandbox, expression: str, said: str) -> None:
    async with loaded(sandbox, script(expression), Language.PYTHON, packages=PACKAGES) as rule:
        assert said in await rule.value()
