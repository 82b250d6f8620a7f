"""``rulemint try`` on rules with packages from npm and PyPI, as their authors would write them."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fixtures.processes import BIN
from fixtures.system import System

pytestmark = pytest.mark.timeout(240)

NO_REGISTRY = "the registry does not answer"


class Tried(NamedTuple):
    """A rule, its packages, and the claims that a token would get."""

    file: str
    script: str
    packages: tuple[str, ...]
    claims: dict[str, Any]


RULES = [
    Tried(
        "signs.js",
        """const jwt = require('jsonwebtoken');
module.exports = function (client, scope, audience, context, cb) {
  const key = context.webtask.secrets.KEY;
  const proof = jwt.sign({ tenant: client.tenant }, key, { algorithm: 'HS256' });
  cb(null, { scope, 'https://acme.example/tenant': jwt.verify(proof, key).tenant });
};
""",
        ("jsonwebtoken@^9.0.0",),
        {"https://acme.example/tenant": "default"},
    ),
    Tried(
        "groups.js",
        """const _ = require('lodash@4.17.21');
module.exports = (client, scope, audience, context, cb) =>
  cb(null, { scope, 'https://acme.example/by_noun': _.mapValues(_.groupBy(scope, (s) => s.split(':')[1]), 'length') });
""",
        (),
        {"https://acme.example/by_noun": {"reports": 2, "users": 1}},
    ),
    Tried(
        "expires.js",
        """const moment = require('moment');
exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('valid_until', moment.utc('2026-01-31').add(1, 'month').format('YYYY-MM-DD'));
};
""",
        ("moment@2.29.4",),
        {"valid_until": "2026-02-28"},
    ),
    Tried(
        "names.mjs",
        """import { validate, v5 } from 'uuid';
export default ({ client }) => {
  const id = v5(client.id, v5.URL);
  return { id: validate(id) && id.length, same: id === v5(client.id, v5.URL) };
};
""",
        ("uuid@^9.0.0",),
        {"id": 36, "same": True},
    ),
    Tried(
        "verifies.py",
        """import jwt

def rule(client, scope, audience, context):
    key = context["webtask"]["secrets"]["KEY"]
    proof = jwt.encode({"plan": "gold"}, key, algorithm="HS256")
    return {"plan": jwt.decode(proof, key, algorithms=["HS256"])["plan"], "version": jwt.__version__}
""",
        ("pyjwt@2.9.0",),
        {"plan": "gold", "version": "2.9.0"},
    ),
]


async def run_try(system: System, folder: Path, tried: Tried) -> tuple[int | None, str, str]:
    (folder / tried.file).write_text(tried.script)
    command = [
        "try", tried.file, "--client", "demo-client", "--scope", "read:reports write:reports read:users",
        "--secret", f"KEY={'0123456789' * 4}", "--url", system.url, "--json",
        *(word for package in tried.packages for word in ("--dep", package)),
    ]  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RULEMINT_")}
    process = await asyncio.create_subprocess_exec(
        BIN / "rulemint", *command, cwd=folder, env={**inherited, "RULEMINT_DATA_DIR": str(system.data_dir)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, complaints = await process.communicate()
    return process.returncode, output.decode(), complaints.decode()


async def test_five_rules_with_packages_are_tried_from_their_files(demo_system: System, tmp_path: Path) -> None:
    """All at once: each installs its own packages first."""
    ended = await asyncio.gather(*(run_try(demo_system, tmp_path, tried) for tried in RULES[:4]))
    ended.append(await run_try(demo_system, tmp_path, RULES[4]))
    for tried, (code, output, complaints) in zip(RULES, ended, strict=True):
        if NO_REGISTRY in complaints:
            pytest.skip(f"NOT TESTED: THE PUBLIC REGISTRY OF {tried.file}'S PACKAGES DOES NOT ANSWER")
        assert code == 0, (tried.file, output, complaints)
        answer = json.loads(output)
        assert (answer["outcome"], answer["claims"]) == ("granted", tried.claims), tried.file
        assert len(answer["resolved_dependencies"]) >= 1, tried.file


async def test_a_package_that_is_not_there_is_said_in_npm_s_words(demo_system: System, tmp_path: Path) -> None:
    tried = RULES[0]._replace(packages=("jsonwebtoken@999.0.0",))
    code, _output, complaints = await run_try(demo_system, tmp_path, tried)
    if NO_REGISTRY in complaints:
        pytest.skip("NOT TESTED: THE PUBLIC NPM REGISTRY DOES NOT ANSWER")
    assert code == 1
    assert "npm error notarget No matching version found for jsonwebtoken@999.0.0." in complaints
