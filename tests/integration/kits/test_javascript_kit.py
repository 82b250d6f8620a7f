"""A rule ends in the kit for JavaScript as it ends in a real host, in Node and in Deno."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import deno
import pytest

from fixtures.facts.fact import ASKED, GRANT, Fact
from fixtures.kit_cases import ANSWERS, BOTH, FACTS_REQUEST, HOSTS, KitCase, facts_in
from fixtures.kit_hosts import Ended, ended_in_a_host
from fixtures.kit_javascript_cases import JAVASCRIPT
from fixtures.processes import BIN
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import Denied, Failed, Granted
from rulemint_shared.contract.records import Language

ROOT = Path(__file__).parents[3]
KIT = ROOT / "sdk/javascript"
PROGRAM = ROOT / "tests/fixtures/kit_program.js"
RUNTIMES = {"node": [str(BIN / "node")], "deno": [deno.find_deno_bin(), "run", "--quiet", "--no-config", "--allow-all"]}
TIMEOUT_S = 100
CASES = {name: case for name, case in {**BOTH, **JAVASCRIPT}.items() if case.javascript}
SANDBOXED = re.compile(r"process\.(exit|abort)|child_process|require\(.(node:)?(fs|net|dns|tls|http)")
"""Rules that a sandbox refuses something: a kit has none."""
WITHOUT_AN_ANSWER = "a host sees that nothing is left to wait for, and fails at once; the kit waits for timeoutS"
PLACE = "a rule of a test has a folder"
DIFFER = {
    "a callback that is never called, with nothing that could, fails": WITHOUT_AN_ANSWER,
    "a bound generator that nobody runs is no answer": WITHOUT_AN_ANSWER,
    "a bound hook that neither returns nor calls back has no answer": WITHOUT_AN_ANSWER,
    "__filename, __dirname and require.resolve are there": PLACE,
    "a module of 'use latest' has them too": PLACE,
}
"""Facts that do not hold in the kit, and why."""
FACTS = [
    fact
    for fact in facts_in(Language.JAVASCRIPT)
    if fact.id not in DIFFER and not SANDBOXED.search(fact.values[0].script)
]


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def ended_in_the_kit(runtime: str, folder: Path, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How each of *cases* ended, all in one process."""
    given = folder / "cases.json"
    given.write_text(json.dumps(cases))
    argv = [*RUNTIMES[runtime], str(PROGRAM), str(KIT / "index.js"), str(given)]
    ran = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        env={"NO_COLOR": "1", "DENO_DIR": str(folder)},
    )
    assert ran.returncode == 0, ran.stderr
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    return found


@pytest.fixture(scope="module", params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def in_kit(runtime: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """How every case ended in the kit."""
    given = [
        {
            "script": case.javascript,
            "inputs": {
                "allowHosts": HOSTS,
                "fetch": ANSWERS,
                "scope": case.scope,
                **{camel(name): value for name, value in case.inputs.items()},
            },
        }
        for case in CASES.values()
    ]
    return dict(zip(CASES, ended_in_the_kit(runtime, tmp_path_factory.mktemp("kit"), given), strict=True))


@pytest.fixture(scope="module")
def in_hosts() -> dict[str, Ended]:
    """How cases ended in a host: each is run once, for the first runtime."""
    return {}


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize("name", CASES)
async def test_a_rule_ends_in_the_kit_as_in_a_host(
    sandbox: Sandbox, in_kit: dict[str, dict[str, Any]], in_hosts: dict[str, Ended], name: str
) -> None:
    case: KitCase = CASES[name]
    inputs = {"allow_hosts": HOSTS, "fetch": ANSWERS, "scope": case.scope, **case.inputs}
    if name not in in_hosts:
        in_hosts[name] = await ended_in_a_host(sandbox, case.javascript, Language.JAVASCRIPT, inputs)
    assert of_the_kit(in_kit[name]) == in_hosts[name]


def of_the_kit(ended: dict[str, Any]) -> Ended:
    if ended["refused"] is not None:
        how: tuple[Any, ...] = ("refused", *ended["refused"].values())
    elif ended["failed"] is not None:
        how = ("failed", *ended["failed"].values())
    else:
        how = ("granted", *ended["granted"].values())
    left_out = [(each["name"], each["why"]) for each in ended["leftOut"]]
    return Ended(how, left_out, [(line["level"], line["message"]) for line in ended["log"]])


@pytest.fixture(scope="module")
def facts_in_kit(runtime: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """How every fact ended in the kit."""
    request = {camel(name): value for name, value in FACTS_REQUEST.items()}
    given = [
        {
            "script": fact.values[0].script + "\n",
            "inputs": {
                "scope": ASKED,
                "grantScope": GRANT,
                "secrets": fact.values[0].secrets,
                "timeoutS": 0.5,
                **request,
            },
        }
        for fact in FACTS
    ]
    ended = ended_in_the_kit(runtime, tmp_path_factory.mktemp("facts"), given)
    return dict(zip((fact.id for fact in FACTS), ended, strict=True))


@pytest.mark.timeout(TIMEOUT_S)
@pytest.mark.parametrize(("name", "fact"), [pytest.param(fact.id, fact.values[0], id=fact.id) for fact in FACTS])
def test_every_fact_about_javascript_holds_in_the_kit(
    facts_in_kit: dict[str, dict[str, Any]], name: str, fact: Fact
) -> None:
    ended = facts_in_kit[name]
    match fact.outcome:
        case Granted(scope=scope, claims=claims):
            assert ended["granted"] == {"scope": scope, "claims": claims}, ended
        case Denied(code=code, message=message):
            assert ended["refused"] == {"error": code, "description": message}, ended
        case Failed(reason=reason):
            assert ended["failed"] is not None, ended
            assert ended["failed"]["reason"] == reason, ended
    assert [each["name"] for each in ended["leftOut"]] == list(fact.dropped)


def test_the_facts_that_do_not_hold_in_the_kit_are_facts() -> None:
    assert DIFFER.keys() <= {fact.id for fact in facts_in(Language.JAVASCRIPT)}


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a name that there is not": ({"scopes": []}, "runRule takes no scopes"),
    "a field that there is not": ({"client": {"meta": {}}}, "client has no meta; it has id, name, metadata and tenant"),
    "a number in metadata": ({"client": {"metadata": {"n": 1}}}, "client.metadata.n must be a text, not 1"),
    "scope as a text": ({"scope": "read write"}, "scope must be a list of texts, not read write"),
    "two scopes in one": ({"scope": ["a b"]}, "scope holds a b, which is no scope"),
    "a secret that is none": ({"secrets": {"K": None}}, "secrets.K must be a text, not null"),
    "a URL in allowHosts": ({"allowHosts": ["https://a.example"]}, "leave https:// out"),
    "metadata twice": ({"metadata": {}, "client": {"metadata": {}}}, "give the metadata once"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_an_input_names_the_field(mistake: str, tmp_path: Path) -> None:
    inputs, named = MISTAKES[mistake]
    given = tmp_path / "cases.json"
    given.write_text(json.dumps([{"script": "export default () => ({});\n", "inputs": inputs}]))
    argv = [*RUNTIMES["node"], str(PROGRAM), str(KIT / "index.js"), str(given)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=TIMEOUT_S)
    assert ran.returncode == 1
    assert "TypeError: " in ran.stderr
    assert named in ran.stderr


def test_the_types_of_the_kit_agree_with_its_code(tmp_path: Path) -> None:
    """Without package.json Deno brings the types of Node's modules itself."""
    shutil.copytree(KIT, tmp_path / "kit", ignore=shutil.ignore_patterns("package.json", "node_modules"))
    argv = [deno.find_deno_bin(), "check", "--quiet", "index.js", "index.d.ts"]
    environment = {"DENO_DIR": str(tmp_path / "deno"), "NO_COLOR": "1"}
    checked = subprocess.run(argv, cwd=tmp_path / "kit", capture_output=True, text=True, check=False, env=environment)
    assert checked.returncode == 0, checked.stderr
