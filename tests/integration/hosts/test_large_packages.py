"""Package sets that are larger than what a rule's own memory was made for."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from fixtures.hosts import LANGUAGES, Loaded, load_frame, loaded
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.starting import start_host
from rulemint_runner.packages.installing.packing import packed_if_large
from rulemint_runner.packages.messages import PackageSet
from rulemint_runner.packages.package_store import _opened
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language
from rulemint_shared.deadline import Deadline

JS, PY = Language.JAVASCRIPT, Language.PYTHON
SNOWMAN = "\N{SNOWMAN}"
PYTHON_FILES = {f"filler{number}.py": "x = 1\n" * 170_000 for number in range(20)} | {"one.py": f"ONE = '{SNOWMAN}'"}
PYTHON_RULE = """
import one
mine = bytes(40 << 20)
def rule(client, scope, audience, context):
    return {'one': one.ONE}"""
JAVASCRIPT_FILES = {f"one@1/filler{number}.js": "x = 1\n" * 170_000 for number in range(8)} | {
    "one@1/index.js": f"// {'-' * 8_000_000}\nexports.ONE = '{SNOWMAN}';"
}
JAVASCRIPT_RULE = """
const { ONE } = require('one');
const mine = Array.from({ length: 40 }, () => new Array(128 * 1024).fill(0.5));
export default () => ({ one: mine.length && ONE });"""


@asynccontextmanager
async def with_packages(sandbox: Sandbox, language: Language, script: str, **table: object) -> AsyncIterator[Loaded]:
    """A host that was given these *files* as a runner gives them, and its default memory."""
    kept = zlib.compress(msgspec.json.encode({"data": {}, **table}))
    packages = msgspec.Raw(_opened(hashlib.sha256(kept).hexdigest(), kept))
    host = await start_host(sandbox, LANGUAGES.program(language, package_bytes=len(bytes(packages))))
    try:
        await host.load(load_frame(script, language, packages=packages), Deadline.after(20), lambda _line: None)
        yield Loaded(host)
    finally:
        host.kill(FailureReason.INTERRUPTED, "the test is over")
        await host.ended.wait()


TABLE: dict[str, Any] = {"modules": [], "links": {}, "roots": {"one": "one@1/index.js"}, "duals": []}


@pytest.mark.parametrize(
    ("language", "script", "files", "table"),
    [
        pytest.param(JS, JAVASCRIPT_RULE, JAVASCRIPT_FILES, TABLE, id="javascript"),
        pytest.param(PY, PYTHON_RULE, PYTHON_FILES, {}, id="python"),
    ],
)
async def test_a_large_package_set_loads_besides_the_rules_own_memory(
    sandbox: Sandbox, language: Language, script: str, files: dict[str, str], table: dict[str, object]
) -> None:
    async with with_packages(sandbox, language, script, files=files, **table) as rule:
        assert json.loads(await rule.value()) == {"one": SNOWMAN}


FILLERS = 40
PACKED_PYTHON = {f"one/filler{number}.py": f"x = {number}\n{'y = 1' * 200_000}" for number in range(FILLERS)} | {
    "one/__init__.py": f"from .other import ONE\nSNOWMAN = '{SNOWMAN}'",
    "one/other.py": "ONE = 1",
    "one/words.json": '{"a": 1}',
}
READS_PYTHON = f"""
import importlib.metadata, os, one
def rule(client, scope, audience, context):
    folder = os.path.dirname(one.__file__)
    with open(f'{{folder}}/words.bin', 'rb') as words:
        read = words.read().hex()
    return {{'one': one.ONE, 'snowman': one.SNOWMAN == '{SNOWMAN}', 'bytes': read,
            'words': open(f'{{folder}}/words.json').read(), 'size': os.stat(f'{{folder}}/words.json').st_size}}"""
PACKED_JAVASCRIPT = {f"one@1/filler{number}.js": "x = 1\n" * 170_000 for number in range(FILLERS)} | {
    "one@1/index.js": f"exports.ONE = require('./other'); exports.SNOWMAN = '{SNOWMAN}'; exports.folder = __dirname;",
    "one@1/other.js": "module.exports = 1;",
    "one@1/words.json": '{"a": 1}',
}
READS_JAVASCRIPT = f"""
const one = require('one');
const fs = require('fs');
module.exports = (client, scope, audience, context, cb) => cb(null, {{
  one: one.ONE, snowman: one.SNOWMAN === '{SNOWMAN}', bytes: fs.readFileSync(one.folder + '/words.bin').toString('hex'),
  words: fs.readFileSync(one.folder + '/words.json', 'utf8'), size: fs.statSync(one.folder + '/words.json').size,
}});"""


@pytest.mark.parametrize(
    ("language", "script", "files", "folder"),
    [
        pytest.param(JS, READS_JAVASCRIPT, PACKED_JAVASCRIPT, "one@1", id="javascript"),
        pytest.param(PY, READS_PYTHON, PACKED_PYTHON, "one", id="python"),
    ],
)
async def test_of_a_set_larger_than_the_rule_s_memory_a_host_opens_what_the_rule_uses(
    sandbox: Sandbox, language: Language, script: str, files: dict[str, str], folder: str
) -> None:
    links = {"one@1/index.js": {"./other": "one@1/other.js"}}
    given = PackageSet(files=files, data={f"{folder}/words.bin": b"\xff\x00"}, links=links, roots=TABLE["roots"])
    table = msgspec.to_builtins(packed_if_large(given))
    assert table["packed"]
    async with with_packages(sandbox, language, script, **table) as rule:
        value = json.loads(await rule.value())
    assert value == {"one": 1, "snowman": True, "bytes": "ff00", "words": '{"a": 1}', "size": 8}


async def test_packages_that_need_more_than_there_is_say_so_by_memory_mb(sandbox: Sandbox) -> None:
    functions = "".join(f"exports.f{number} = function (a) {{ return {{ a }}; }};\n" for number in range(300_000))
    files = {"one@1/index.js": f"// {SNOWMAN}\n{functions}"}
    with pytest.raises(HostEndedError) as failed:
        async with with_packages(sandbox, JS, JAVASCRIPT_RULE, files=files, **TABLE):
            pass
    assert failed.value.reason is FailureReason.OUT_OF_MEMORY
    assert failed.value.detail.endswith("which is 64 MiB: raise limits.memory_mb")


async def test_javascript_that_ends_without_a_word_for_want_of_memory_says_so(sandbox: Sandbox) -> None:
    """V8 aborts where its allocator gets nothing, and has no memory to write a text with."""
    async with loaded(sandbox, "export default () => new Promise((done) => setTimeout(done, 1e6))") as rule:
        running = asyncio.ensure_future(rule.run())
        os.kill(rule.host.pid, signal.SIGABRT)
        with pytest.raises(HostEndedError) as failed:
            await running
    assert failed.value.reason is FailureReason.OUT_OF_MEMORY
