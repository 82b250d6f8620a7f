"""A package of npm's reads its own files by `fs`: from memory, by whatever means, and writes none."""

from __future__ import annotations

import base64
import json

import msgspec
import pytest

from fixtures.hosts import loaded
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

SET = {
    "files": {
        "plans@1.0.0/lib/index.js": "exports.here = __dirname; exports.list = require('./data.json');",
        "plans@1.0.0/lib/data.json": "[1]",
        "plans@1.0.0/lib/empty.txt": "",
        "@own+more@1.0.0/index.js": "export const at = import.meta.url;",
        "@own+more@1.0.0/ca.pem": "grüß dich",
    },
    "data": {"plans@1.0.0/lib/names.bin": base64.b64encode(b"\xff\x00").decode()},
    "modules": ["@own+more@1.0.0/index.js"],
    "links": {"plans@1.0.0/lib/index.js": {"./data.json": "plans@1.0.0/lib/data.json"}},
    "roots": {"plans": "plans@1.0.0/lib/index.js", "more": "@own+more@1.0.0/index.js"},
    "duals": [],
}
PACKAGES = msgspec.Raw(json.dumps(SET).encode())
HEAD = """
const fs = require('fs'), path = require('path'), { here } = require('plans'), { at } = require('more');
const later = (start) => new Promise((done, fail) => start((error, value) => error ? fail(error) : done(value)));
const gathered = async (stream) => { let all = ''; for await (const part of stream) all += part; return all; };
"""

READS = [
    ("fs.readFileSync(path.join(here, 'data.json'), 'utf8')", "[1]"),
    ("fs.readFileSync(here + '/data.json').toString()", "[1]"),
    ("fs.readFileSync(here + '/../lib/data.json', { encoding: 'utf8' })", "[1]"),
    ("fs.readFileSync(here + '/names.bin').toString('hex')", "ff00"),
    ("fs.readFileSync(here + '/empty.txt', 'utf8').length", 0),
    ("fs.readFileSync(new URL('ca.pem', at), 'utf8')", "grüß dich"),
    ("fs.readFileSync(require('url').fileURLToPath(new URL('./ca.pem', at)), 'utf8')", "grüß dich"),
    ("later((done) => fs.readFile(here + '/data.json', 'utf8', done))", "[1]"),
    ("fs.promises.readFile(here + '/data.json', 'utf8')", "[1]"),
    ("require('fs/promises').readFile(here + '/data.json', 'utf8')", "[1]"),
    ("import('node:fs/promises').then((files) => files.readFile(here + '/data.json', 'utf8'))", "[1]"),
    ("import('node:fs').then((files) => files.readFileSync(here + '/data.json', 'utf8'))", "[1]"),
    ("require('util').promisify(fs.readFile)(here + '/data.json', 'utf8')", "[1]"),
    ("gathered(fs.createReadStream(here + '/data.json'))", "[1]"),
    ("gathered(fs.createReadStream(here + '/empty.txt'))", ""),
    ("fs.existsSync(here + '/data.json')", True),
    ("fs.existsSync(here + '/index.js')", True),
    ("fs.existsSync(here)", True),
    ("fs.existsSync(here + '/other.json')", False),
    ("fs.existsSync('/')", False),
    ("require('util').promisify(fs.exists)(here + '/data.json')", True),
    ("fs.statSync(here + '/names.bin').size", 2),
    ("fs.statSync(here + '/data.json').isFile()", True),
    ("fs.lstatSync(here).isDirectory()", True),
    ("fs.promises.stat(here).then((found) => found.isFile())", False),
    ("later((done) => fs.stat(here + '/data.json', done)).then(({ size }) => size)", 3),
    ("fs.statSync(here + '/other.json', { throwIfNoEntry: false }) === undefined", True),
    ("fs.readdirSync(here)", ["data.json", "empty.txt", "index.js", "names.bin"]),
    ("fs.promises.readdir(path.dirname(here))", ["lib"]),
    ("fs.readdirSync(here, { withFileTypes: true }).filter((each) => each.isFile()).length", 4),
    ("fs.accessSync(here + '/data.json', fs.constants.R_OK) === undefined", True),
    ("later((done) => fs.access(here + '/data.json', done)).then(() => 'there')", "there"),
    ("fs.realpathSync(here) === here", True),
]
REFUSED = [
    ("fs.readFileSync(here + '/other.json')", "ENOENT", "the data files of one that reads its own"),
    ("fs.promises.readFile(here + '/other.json')", "ENOENT", "the data files of one that reads its own"),
    ("later((done) => fs.readFile(here + '/other.json', done))", "ENOENT", "the data files of one that reads its own"),
    ("fs.readFileSync(here + '/index.js')", "EACCES", "the code of a package is loaded"),
    ("later((done) => fs.readFile(here + '/index.js', done))", "EACCES", "the code of a package is loaded"),
    ("fs.readFileSync(here + '/../../etc/passwd')", "ENOENT", "a rule's sandbox refuses that"),
    ("fs.readFileSync('/packages/../etc/passwd')", "ENOENT", "a rule's sandbox refuses that"),
    ("fs.readFileSync('/__proto__')", "ENOENT", "a rule's sandbox refuses that"),
    ("fs.readdirSync('/')", "ENOENT", "a rule's sandbox refuses that"),
    ("fs.accessSync(here + '/data.json', fs.constants.W_OK)", "ENOENT", "of a package"),
    ("fs.writeFileSync(here + '/data.json', '')", "EACCES", "a rule's sandbox refuses that"),
    ("fs.unlinkSync(here + '/data.json')", "EACCES", "a rule's sandbox refuses that"),
]


def script(expression: str) -> str:
    return (
        f"{HEAD}module.exports = async (client, scope, audience, context) => {{\n"
        f"  try {{ return {{ said: await ({expression}) }}; }}\n"
        "  catch (error) { return { said: `${error.code} ${error.message}` }; }\n};"
    )


async def said_by(sandbox: Sandbox, expression: str) -> object:
    async with loaded(sandbox, script(expression), Language.JAVASCRIPT, packages=PACKAGES) as rule:
        return json.loads(await rule.value())["said"]


@pytest.mark.parametrize(("expression", "said"), READS)
async def test_a_package_reads_its_own_files(sandbox: Sandbox, expression: str, said: object) -> None:
    assert await said_by(sandbox, expression) == said


@pytest.mark.parametrize(("expression", "code", "why"), REFUSED)
async def test_nothing_else_is_read_and_nothing_is_written(
    sandbox: Sandbox, expression: str, code: str, why: str
) -> None:
    said = str(await said_by(sandbox, expression))
    assert said.startswith(code)
    assert why in said
