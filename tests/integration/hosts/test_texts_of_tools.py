"""Rules as bundlers, compilers and editors leave them: what they put around the code does not matter."""

from __future__ import annotations

import json

import pytest

from fixtures.hosts import loaded
from rulemint_runner.hosts.errors import RuleNotLoadedError
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

JS, TS = Language.JAVASCRIPT, Language.TYPESCRIPT
PARAMETERS = "(client, scope, audience, context, cb)"
BODY = "{ cb(null, { said: 1 }); }"
TYPED = "(c: any, s: any, a: any, x: any, cb: any)"
JOINED = "import path = require('path');\n"
UMD = (
    "(function (root, factory) { if (typeof define === 'function' && define.amd) define([], factory); "
    "else if (typeof module === 'object' && module.exports) module.exports = factory(); else root.rule = factory(); "
    f"}}(typeof self !== 'undefined' ? self : this, function () {{ return function {PARAMETERS} {BODY}; }}));"
)
ESBUILD = (
    "var d=Object.defineProperty;var k=(t,e)=>{for(var n in e)d(t,n,{get:e[n],enumerable:!0})};"
    'var c=t=>{var o=d({},"__esModule",{value:!0});for(let n of Object.getOwnPropertyNames(t))'
    "d(o,n,{get:()=>t[n],enumerable:!0});return o};var r={};k(r,{default:()=>m});module.exports=c(r);"
    "var m=(t,e,n,o,a)=>{a(null,{said:1})};"
)
READ = [
    pytest.param(JS, f"'use strict';\nfunction {PARAMETERS} {BODY}", id="strict, a bare function"),
    pytest.param(JS, f"// mine\n'use latest';\n\"use strict\"\nfunction rule{PARAMETERS} {BODY}", id="two directives"),
    pytest.param(JS, f"/* a */ 'use strict'; {PARAMETERS} => {BODY}", id="strict, a bare arrow function"),
    pytest.param(JS, UMD, id="UMD"),
    pytest.param(JS, ESBUILD, id="esbuild, CommonJS"),
    pytest.param(JS, "var r=(t,e,n,o,a)=>{a(null,{said:1})};export{r as default};", id="esbuild, a module"),
    pytest.param(JS, "module.exports=(e,n,o,t,l)=>l(null,{said:1});", id="terser"),
    pytest.param(JS, f"\ufeffmodule.exports = {PARAMETERS} => {BODY};", id="a byte order mark"),
    pytest.param(JS, f"// mine\r\nmodule.exports = {PARAMETERS} =>\r\n{BODY};\r\n", id="CRLF"),
    pytest.param(JS, f"// mine\r\nexport default {PARAMETERS} =>\r\n{BODY};\r\n", id="CRLF, a module"),
    pytest.param(JS, f"#!/usr/bin/env node\nmodule.exports = {PARAMETERS} => {BODY};", id="a line for a shell"),
    pytest.param(TS, f"module.exports = {TYPED} => {BODY};\r\n", id="TypeScript"),
    pytest.param(TS, f"{JOINED}module.exports = {TYPED} => cb(null, {{ said: path.sep.length }});", id="import ="),
    pytest.param(TS, f"{JOINED}export = {TYPED} => cb(null, {{ said: path.sep.length }});", id="export ="),
    pytest.param(TS, f"{JOINED}export default {TYPED} => cb(null, {{ said: path.sep.length }});", id="of a module"),
    pytest.param(
        TS, f"function d(v: any, c: any) {{}}\n@d class A {{}}\nmodule.exports = {TYPED} => {BODY};", id="a decorator"
    ),
    pytest.param(
        TS, f"function d(v: any, c: any) {{}}\nclass A {{\n @d m() {{}}\n}}\nmodule.exports = {TYPED} => {BODY};",
        id="a decorator of a method",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("language", "script"), READ)
async def test_a_text_is_read_as_its_tool_left_it(sandbox: Sandbox, language: Language, script: str) -> None:
    async with loaded(sandbox, script, language) as rule:
        assert json.loads(await rule.value()) == {"said": 1}


async def test_a_bare_function_is_as_strict_as_it_says(sandbox: Sandbox) -> None:
    body = "{ cb(null, { said: (function () { return typeof this; })() }); }"
    for head, said in (("'use strict';", "undefined"), ("'use latest';", "object"), ("// 'use strict'", "object")):
        async with loaded(sandbox, f"{head}\nfunction {PARAMETERS} {body}") as rule:
            assert json.loads(await rule.value()) == {"said": said}


async def test_decorators_in_javascript_are_told_where_they_work(sandbox: Sandbox) -> None:
    with pytest.raises(RuleNotLoadedError) as error:
        async with loaded(sandbox, f"@d class A {{}}\nmodule.exports = {PARAMETERS} => {BODY};"):
            pass
    assert "decorators are TypeScript's" in error.value.text


LATE = "setTimeout(() => cb(null, { said: 2 }), 1)"


@pytest.mark.parametrize("second", ["cb(null, { said: 2 })", "cb(new Error('late'))", LATE])
async def test_of_two_calls_of_a_callback_the_first_counts(sandbox: Sandbox, second: str) -> None:
    script = f"module.exports = {PARAMETERS} => {{ cb(null, {{ said: 1 }}); {second}; }};"
    async with loaded(sandbox, script) as rule:
        for _ in range(2):
            assert json.loads(await rule.value()) == {"said": 1}
