"""The real `wt create` with packages, in all of its ways; the system installs from a registry on this machine.

`wt` asks https://unpkg.com, which no option changes, for the version that a range means. A stand-in answers for that
site alone: it is loaded into `wt` by Node's own `--require`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import jwt
import pytest

from fixtures.management import Management, open_management
from fixtures.node import NodeFolder
from fixtures.system import System, rules_left_in
from fixtures.wt import Webtask

pytestmark = pytest.mark.timeout(300)

RULE = """
const { greet, version } = require('greeting');
module.exports = (client, scope, audience, context, cb) => cb(null, { scope, 'https://x/said': greet(version) });
"""
PARTED = RULE.replace("greet(version)", "greet(require('./part').word)")
UNPKG = """
const https = require('https');
const http = require('http');
const real = https.request;
https.request = (options, ...rest) => {
  if ((options.host || options.hostname) !== 'unpkg.com') return real(options, ...rest);
  const [, name] = /^\\/(@?[^@]+)@/.exec(decodeURIComponent(options.path));
  const server = http.createServer((_, answer) => {
    answer.setHeader('Content-Type', 'application/json');
    answer.end(JSON.stringify({ name, version: '1.0.0' }), () => server.close());
  }).listen(0);
  const here = { agent: undefined, protocol: 'http:', host: 'localhost', port: server.address().port };
  return http.request({ ...options, ...here }, ...rest);
};
"""


@pytest.fixture
async def management(package_system: System) -> AsyncIterator[Management]:
    async with open_management(package_system.url, package_system.admin) as opened:
        yield opened


@pytest.fixture(scope="module")
async def tools(
    package_system: System, webtask_folder: NodeFolder, tmp_path_factory: pytest.TempPathFactory
) -> Webtask:
    home = tmp_path_factory.mktemp("wt")
    (home / "unpkg.js").write_text(UNPKG)
    opened = Webtask(webtask_folder, home, NODE_OPTIONS=f"--require={home / 'unpkg.js'}")
    async with open_management(package_system.url, package_system.admin) as operator:
        opened.wt("profile", "init", "--url", package_system.url, "--container", "default", "--token", operator.token)
    return opened


@pytest.fixture
async def webtask(tools: Webtask, management: Management) -> AsyncIterator[Webtask]:
    """The tools, and what they have made until the test ends."""
    yield tools
    await rules_left_in(management)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "rule"
    folder.mkdir()
    (folder / "greets.js").write_text(RULE)
    return folder / "greets.js"


async def said(management: Management) -> tuple[dict[str, str], str]:
    """The dependencies of the only rule, and the claim that it makes with them."""
    (rule,) = (await management.call("GET", "/api/v2/rules")).body
    answer = await management.ask((await management.a_client()).request())
    assert answer.status == 200, answer.text
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    return rule["dependencies"], claims["https://x/said"]


async def test_a_dependency_of_the_command_line(webtask: Webtask, management: Management, file: Path) -> None:
    printed = webtask.create(file, "--dependency", "greeting@^1.0.0")
    assert "greeting@1.0.0 is available" in printed
    assert await said(management) == ({"greeting": "1.0.0"}, "HELLO 1.0.0!")


async def test_a_package_json_beside_the_file(webtask: Webtask, management: Management, file: Path) -> None:
    (file.parent / "package.json").write_text(json.dumps({"dependencies": {"greeting": "1.x"}}))
    assert "greeting@1.0.0 is available" in webtask.create(file)
    assert await said(management) == ({"greeting": "1.0.0"}, "HELLO 1.0.0!")


async def test_the_metadata_of_dependencies(webtask: Webtask, management: Management, file: Path) -> None:
    webtask.create(file, '--meta=wt-node-dependencies={"greeting":"1.0.0"}')
    assert await said(management) == ({"greeting": "1.0.0"}, "HELLO 1.0.0!")


async def test_a_bundle_of_several_files_with_a_package(webtask: Webtask, management: Management, file: Path) -> None:
    file.write_text(PARTED)
    (file.parent / "part.js").write_text("exports.word = 'of another file';")
    webtask.create(file, "--bundle", "--dependency", "greeting@1.0.0")
    assert await said(management) == ({"greeting": "1.0.0"}, "HELLO OF ANOTHER FILE!")
