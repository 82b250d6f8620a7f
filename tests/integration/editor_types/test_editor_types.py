"""What editors are told of rules is what rules meet: good ones pass a type checker and run, a slip is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import deno
import pytest

from fixtures.hosts import loaded
from rulemint_cli.rules.type_files import write_type_files
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.records import Language

PYTHON = """
from rulemint import AccessDenied, Client, Context, InvalidRequest, InvalidScope, Response, Result, Webtask, fetch
from rulemint import Storage, StorageConflict

def ask(url: str) -> Response:
    return fetch(url, json={"a": 1})

def count(storage: Storage) -> int:
    try:
        storage.set((storage.get() or 0) + 1)
    except StorageConflict as error:
        return int(error.conflict)
    return 0

def key_of(webtask: Webtask) -> str:
    return webtask["secrets"]["KEY"]

def rule(client: Client, scope: list[str], audience: str, context: Context) -> Result:
    if client["metadata"].get("plan") == "none":
        raise AccessDenied("no plan")
    if "root" in scope:
        raise InvalidScope("never")
    if not context["ip"]:
        raise InvalidRequest(f"who are you, with {key_of(context['webtask'])}?")
    return {"scope": [*scope, "more"], "agent": context["userAgent"]}
"""
ACTION = """
/**
 * @param {Rulemint.Event} event
 * @param {Rulemint.Api} api
 */
export const onExecuteCredentialsExchange = async (event, api) => {
  const { continentCode } = event.request.geoip;
  if (continentCode === "AN") return api.access.deny("invalid_request", "not from there");
  await null;
  api.accessToken.setCustomClaim("plan", event.client.metadata.plan).accessToken.addScope("write");
  if (api.cache.get("a")?.value === "b") throw new InvalidScopeError("no");
};
"""
MODULE = """
/** @type {Rulemint.Module} */
const rule = ({ client, scope, context }) => {
  const { storage } = context.webtask;
  storage.get((_error, data) => storage.set(data ?? 1, { force: true }, (error) => console.log(error?.conflict)));
  return { scope, plan: client.metadata.plan, ip: context.ip };
};
export default rule;
"""


def mypy(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=/dev/null", "rule.py"]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)


def deno_check(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [deno.find_deno_bin(), "check", "--check-js", "--no-config", "--no-remote", "rule.js", "rulemint.d.ts"]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, env={"DENO_DIR": "/dev/null"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_type_files(tmp_path)
    return tmp_path


async def test_a_python_rule_with_types_passes_and_runs(sandbox: Sandbox, folder: Path) -> None:
    (folder / "rule.py").write_text(PYTHON)
    checked = mypy(folder)
    assert checked.returncode == 0, checked.stdout
    async with loaded(sandbox, PYTHON, Language.PYTHON) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Returned), answer


def test_a_slip_in_a_python_rule_is_seen(folder: Path) -> None:
    (folder / "rule.py").write_text(PYTHON.replace('client["metadata"]', 'client["meta"]'))
    assert 'TypedDict "Client" has no key "meta"' in mypy(folder).stdout


@pytest.mark.parametrize("script", [ACTION, MODULE], ids=["action", "module"])
async def test_a_javascript_rule_with_types_passes_and_runs(sandbox: Sandbox, folder: Path, script: str) -> None:
    (folder / "rule.js").write_text("// @ts-check\n/// <reference path='./rulemint.d.ts' />\n" + script)
    checked = deno_check(folder)
    assert checked.returncode == 0, checked.stderr
    async with loaded(sandbox, script) as rule:
        answer = await rule.run()
    assert isinstance(answer, frames.Returned), answer


def test_a_slip_in_a_javascript_rule_is_seen(folder: Path) -> None:
    script = ACTION.replace("setCustomClaim", "setCustomClaims")
    (folder / "rule.js").write_text("// @ts-check\n/// <reference path='./rulemint.d.ts' />\n" + script)
    assert "Property 'setCustomClaims' does not exist" in deno_check(folder).stderr
