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

import msgspec
import pytest

from fixtures.hosts import LANGUAGES, Loaded, load_frame, loaded
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.starting import start_host
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
async def with_packages(
    sandbox: Sandbox, language: Language, script: str, files: dict[str, str], **table: object
) -> AsyncIterator[Loaded]:
    """A host that was given these *files* as a runner gives them, and its default memory."""
    kept = zlib.compress(msgspec.json.encode({"files": files, "data": {}, **table}))
    packages = msgspec.Raw(_opened(hashlib.sha256(kept).hexdigest(), kept))
    host = await start_host(sandbox, LANGUAGES.program(language, package_bytes=len(bytes(packages))))
    try:
        await host.load(load_frame(script, language, packages=packages), Deadline.after(20), lambda _line: None)
        yield Loaded(host)
    finally:
        host.kill(FailureReason.INTERRUPTED, "the test is over")
        await host.ended.wait()


TABLE = {"modules": [], "links": {}, "roots": {"one": "one@1/index.js"}, "duals": []}


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
    async with with_packages(sandbox, language, script, files, **table) as rule:
        assert json.loads(await rule.value()) == {"one": SNOWMAN}


async def test_packages_that_need_more_than_there_is_say_so_by_memory_mb(sandbox: Sandbox) -> None:
    functions = "".join(f"exports.f{number} = function (a) {{ return {{ a }}; }};\n" for number in range(300_000))
    files = {"one@1/index.js": f"// {SNOWMAN}\n{functions}"}
    with pytest.raises(HostEndedError) as failed:
        async with with_packages(sandbox, JS, JAVASCRIPT_RULE, files, **TABLE):
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
