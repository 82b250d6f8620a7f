"""What a rule can do with its packages, in a real host: required, imported, evaluated when they are first asked for."""

from __future__ import annotations

import json

import msgspec
import pytest

from fixtures.hosts import loaded
from fixtures.packages import installed, wanted
from fixtures.registry import Registry as LocalRegistry
from fixtures.registry import open_registry
from rulemint_runner.hosts.errors import RuleNotLoadedError
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.records import Language

JS, TS, PY = Language.JAVASCRIPT, Language.TYPESCRIPT, Language.PYTHON
MODULE = "@scope/only-module"


@pytest.fixture(scope="module")
async def npm() -> msgspec.Raw:
    with open_registry() as source:
        return await installed(
            Registry.NPM,
            wanted("greeting", "1.1.0"),
            wanted("greeting@1.0.0", "1.0.0", name="greeting"),
            wanted("npm:shout@2", "2", name="shout"),
            wanted(MODULE),
            wanted(f"{MODULE}/part/a", name=MODULE, path="/part/a"),
            wanted("dual"),
            wanted("imports-late"),
            wanted("minified"),
            wanted("reads-files"),
            source=source,
        )


ACTIONS = [
    "import { createHash } from 'node:crypto';",
    "import dual from 'dual';",
    "import { greet } from 'greeting';",
]


@pytest.mark.parametrize("head", ACTIONS)
@pytest.mark.parametrize("language", [JS, TS])
async def test_an_action_that_imports_something_runs(
    sandbox: Sandbox, npm: msgspec.Raw, head: str, language: Language
) -> None:
    script = f"""{head}
export const onExecuteCredentialsExchange = async (event, api) => {{ api.accessToken.setCustomClaim('ran', true); }};"""
    async with loaded(sandbox, script, language, packages=npm) as rule:
        assert json.loads(await rule.value()) == {"claims": {"ran": True}}


@pytest.mark.parametrize(
    ("language", "script", "value"),
    [
        pytest.param(
            JS,
            "const { greet, code } = require('greeting');\n"
            "module.exports = (c, s, a, x, cb) => cb(null, {g: greet(c.id), code});",
            {"g": "HELLO C!", "code": "MODULE_NOT_FOUND"},
            id="CommonJS",
        ),
        pytest.param(
            JS,
            "import dual, { named } from 'dual';\nexport default () => ({ made: dual(), named });",
            {"made": "dual", "named": "named"},
            id="the default of a package of both kinds",
        ),
        pytest.param(
            JS,
            "const dual = require('dual');\nmodule.exports = async (c, s, a, x) => ({ made: dual.default() });",
            {"made": "dual"},
            id="a package of both kinds, required",
        ),
        pytest.param(
            JS,
            "const { later } = require('imports-late');\n"
            "module.exports = async (c, s, a, x) => ({ said: await later() });",
            {"said": "LATE!named"},
            id="what a package imports while it runs",
        ),
        pytest.param(
            JS,
            "import where from 'minified';\nexport default () => ({ where });",
            {"where": "/packages/minified@1.0.0/index.js"},
            id="a module that looks for its own file",
        ),
        pytest.param(
            JS,
            "module.exports = (c, s, a, x, cb) => cb(null, {old: require('greeting@1.0.0').version, "
            "new: require('greeting').version});",
            {"old": "1.0.0", "new": "1.1.0"},
            id="two versions",
        ),
        pytest.param(
            JS,
            "const { createRequire } = require('module');\n"
            "module.exports = (c, s, a, x, cb) => cb(null, {where: require.resolve('greeting'), "
            "same: require(require.resolve('greeting')) === require('greeting'), "
            "made: createRequire('/')('greeting').version});",
            {"where": "/greeting@1.1.0/index.js", "same": True, "made": "1.1.0"},
            id="where it is, and by a require that the rule makes",
        ),
        pytest.param(
            JS,
            f"const m = require('{MODULE}');\n"
            "module.exports = (c, s, a, x, cb) => cb(null, {m: m.default(), n: m.named});",
            {"m": "PART!", "n": "named"},
            id="an ES module that is required",
        ),
        pytest.param(
            JS,
            "import greeting, { greet } from 'greeting';\nimport shout from 'npm:shout@2';\n"
            "export default ({client}) => ({a: greet('x'), b: shout('y'), v: greeting.version});",
            {"a": "HELLO X!", "b": "Y!", "v": "1.1.0"},
            id="CommonJS that is imported",
        ),
        pytest.param(
            TS,
            f"import make, {{ named }} from '{MODULE}';\nimport {{ part }} from '{MODULE}/part/a';\n"
            "const n: string = named;\nexport default async () => ({m: make(), n, part, "
            "later: (await import('greeting')).version});",
            {"m": "PART!", "n": "named", "part": "part", "later": "1.1.0"},
            id="TypeScript that imports ES modules",
        ),
    ],
)
async def test_a_rule_gets_its_npm_packages(
    sandbox: Sandbox, npm: msgspec.Raw, language: Language, script: str, value: dict[str, object]
) -> None:
    async with loaded(sandbox, script, language, packages=npm) as rule:
        assert msgspec.json.decode(await rule.value()) == value


async def test_a_package_that_is_not_asked_for_is_not_evaluated(sandbox: Sandbox) -> None:
    packages = msgspec.Raw(
        msgspec.json.encode(
            {
                "files": {"a@1/a.js": "globalThis.evaluated = 'a';", "b@1/b.js": "globalThis.evaluated += 'b';"},
                "data": {},
                "modules": [],
                "links": {},
                "roots": {"a": "a@1/a.js", "b": "b@1/b.js"},
            }
        )
    )
    script = "require('a'); require('a');\nmodule.exports = (c, s, a, x, cb) => cb(null, {evaluated});"
    async with loaded(sandbox, script, packages=packages) as rule:
        assert await rule.value() == '{"evaluated":"a"}'


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("require('left-out'); module.exports = (c, s, a, x, cb) => cb();", id="required"),
        pytest.param("import x from 'left-out'; export default () => x;", id="imported"),
    ],
)
async def test_a_package_that_is_no_dependency_is_named_and_so_is_what_to_do(sandbox: Sandbox, script: str) -> None:
    with pytest.raises(RuleNotLoadedError, match=r"(?s)my-rule\.js.*left-out.*dependencies"):
        async with loaded(sandbox, script):
            pass


async def test_a_python_rule_gets_its_packages(sandbox: Sandbox, registry: LocalRegistry) -> None:
    packages = await installed(Registry.PYPI, wanted("greeting"), source=registry)
    script = """
import importlib.metadata, pkgutil
from importlib.resources import files
from greeting import greet
def rule(client, scope, audience, context):
    words = files("greeting").joinpath("words.txt").read_text()
    try:
        import greeting.broken
    except SyntaxError as error:
        line = error.lineno
    return {
        "greeting": greet(client["id"]),
        "version": importlib.metadata.version("greeting"),
        "words": [words, pkgutil.get_data("greeting", "words.txt").decode()],
        "line": line,
        "others": sorted(each.metadata["Name"] for each in importlib.metadata.distributions()),
    }
"""
    async with loaded(sandbox, script, PY, packages=packages) as rule:
        assert msgspec.json.decode(await rule.value()) == {
            "greeting": "HELLO C!",
            "version": "1.2.0",
            "words": ["grüß dich", "grüß dich"],
            "line": 1,
            "others": ["greeting", "shout"],
        }


async def test_code_that_was_compiled_for_another_interpreter_is_compiled_anew(
    sandbox: Sandbox, registry: LocalRegistry
) -> None:
    packages = msgspec.json.decode(await installed(Registry.PYPI, wanted("shout"), source=registry))
    packages["data"] = {"shout.py.00000000": "bm8gY29kZQ=="}
    script = "import shout\ndef rule(client, scope, audience, context):\n    return {'s': shout.shout('x')}"
    async with loaded(sandbox, script, PY, packages=msgspec.Raw(msgspec.json.encode(packages))) as rule:
        assert await rule.value() == '{"s": "X!"}'
