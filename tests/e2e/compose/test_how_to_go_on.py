"""What ``docker compose up`` says, and ``docker compose exec gateway rulemint …`` with nothing set."""

from __future__ import annotations

import json
import subprocess

import pytest

from fixtures.compose import Project, grants, token
from fixtures.processes import until
from fixtures.valkey import docker_answers

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
]

PROGRAM = "docker compose exec gateway rulemint"


def test_once_it_is_ready_it_says_where_it_is_and_what_to_type(composed: Project) -> None:
    said = composed.logs("welcome")
    assert f"Rulemint is ready: http://localhost:{composed.port}/" in said
    for command in ("credentials", "logs -f", "exchanges show --last", "ready"):
        assert f"{PROGRAM} {command}" in said
    curl = said[said.index("curl -s") : said.index("}'") + 2]
    done = subprocess.run(["bash", "-c", curl], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["scope"] == "test extra"


def test_the_text_can_be_had_again_and_by_programs(composed: Project) -> None:
    assert composed.rulemint("ready") in composed.logs("welcome")  # once more for each `up`
    assert json.loads(composed.rulemint("ready", "--json")) == {
        "status": "ready",
        "issuer": f"http://localhost:{composed.port}/",
        "demo": True,
    }


def test_one_command_shows_credentials_that_work_outside(composed: Project) -> None:
    shown = json.loads(composed.rulemint("credentials", "--json"))
    assert shown["issuer"] == f"http://localhost:{composed.port}/"
    credentials = {name: shown[name] for name in ("client_id", "client_secret", "audience")}
    assert token(composed.url, **credentials)["token_type"] == "Bearer"
    assert shown["client_secret"] in composed.rulemint("credentials")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("status", "runners   1"),
        ("rules list", "seed"),
        ("clients list", "demo-client"),
        ("grants list", "https://api.example.com/"),
        ("token --decode", "client-credentials"),
        ("sandbox --help", "sandbox"),
        ("exchanges --help", "exchanges"),
    ],
)
def test_the_command_line_works_with_nothing_set(composed: Project, command: str, expected: str) -> None:
    assert expected in composed.rulemint(*command.split())


def test_a_command_that_an_error_names_is_one_for_this_machine(composed: Project) -> None:
    done = composed.call("exec", "-T", "gateway", "rulemint", "rules", "show", "nothing")
    advised = f"{PROGRAM} rules list"
    assert f"there is no rule nothing: {advised} shows all" in done.stderr
    assert "seed" in composed.run(*advised.replace("exec", "exec -T").split()[2:])


def test_the_command_line_shows_why_a_token_is_as_it_is(composed: Project) -> None:
    token(composed.url)
    until(lambda: "seed@1" in composed.rulemint("logs", "--tail", "20"))
    until(lambda: "seed" in composed.rulemint("exchanges", "show", "--last"))


def test_a_rule_is_deployed_from_a_file_on_this_machine(composed: Project) -> None:
    deploy = ("rules", "deploy", "examples/rules/greeter.py", "--client", "somebody-else", "--yes")
    composed.run("run", "--rm", "-T", "rulemint", *deploy)
    try:
        assert "greeter" in composed.rulemint("rules", "list")
    finally:
        composed.rulemint("rules", "delete", "greeter", "--yes")


def test_a_token_of_the_command_line_is_one_for_curl(composed: Project) -> None:
    bearer = composed.rulemint("token").strip()
    assert bearer.count(".") == 2
    done = subprocess.run(
        ["curl", "-s", f"{composed.url}api/v2/rules", "-H", f"Authorization: Bearer {bearer}"],
        capture_output=True,
        check=True,
    )
    assert "seed" in {rule["name"] for rule in json.loads(done.stdout)}


def test_a_second_up_changes_nothing(composed: Project) -> None:
    before = {name: composed.inspect(name)["Id"] for name in ("gateway", "rule-runner", "proxy", "valkey")}
    composed.run("up", "--detach", "--wait")
    assert {name: composed.inspect(name)["Id"] for name in before} == before
    assert grants(composed.url)


def test_a_demo_that_was_removed_stays_away(composed: Project) -> None:
    composed.rulemint("demo", "--remove", "--yes")
    try:
        composed.run("up", "--detach", "--wait")
        assert not grants(composed.url)
        assert f"{PROGRAM} demo\n" in composed.rulemint("ready")
    finally:
        composed.rulemint("demo")
    until(lambda: grants(composed.url))
