"""The command line where no runner can load a version: it says so, and the same command makes it live later."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from pathlib import Path

import pytest

from fixtures.management import Management
from fixtures.processes import BIN, started, until
from fixtures.workplace import Done, Workplace

pytestmark = pytest.mark.timeout(120)

RULE = "def rule(client, scope, audience, context):\n    return {'n': 1}\n"
TENANT = "rulemint: 1\nrules:\n  - name: plan\n    script: ./plan.py\n    language: python\n"


async def rulemint(management: Management, folder: Path, *arguments: str, **variables: str) -> Done:
    """Run a command as the administrator of *management*."""
    return await asyncio.to_thread(
        Workplace(folder, 0, 0).rulemint,
        *arguments,
        RULEMINT_URL=management.url,
        RULEMINT_CLIENT_ID=management.admin["client_id"],
        RULEMINT_CLIENT_SECRET=management.admin["client_secret"],
        **variables,  # type: ignore[arg-type]  # none of them is named as a parameter
    )


EXPORT = Path(__file__).parents[2] / "fixtures/auth0_exports/directory"
VARIABLES = {"GREETER_WORD": "hello", "PLAN_CLAIM_KEY": "key"}


async def states(management: Management) -> list[tuple[int, bool]]:
    return [(rule["version"], rule["enabled"]) for rule in await management.every("rules")]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("rules", "deploy", "plan.py"), id="rules deploy"),
        pytest.param(("config", "apply", "tenant.yaml"), id="config apply"),
    ],
)
async def test_what_could_not_be_loaded_goes_live_by_the_same_command_later(
    lone_gateway: Management, tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "plan.py").write_text(RULE)
    (tmp_path / "tenant.yaml").write_text(TENANT)
    first = await rulemint(lone_gateway, tmp_path, *command, "--yes")
    assert (first.returncode, "only a draft" in first.stderr) == (1, True), first
    assert await states(lone_gateway) == [(0, False)]
    again = await rulemint(lone_gateway, tmp_path, *command, "--yes")
    assert (again.returncode, "nothing was changed" in again.stderr) == (1, True), again
    assert await states(lone_gateway) == [(0, False)]
    later = await rulemint(lone_gateway, tmp_path, *command, "--yes", "--no-check")
    assert later.returncode == 0, later.stderr
    assert await states(lone_gateway) == [(1, True)]


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["for people", "json"])
async def test_an_import_shows_its_new_secrets_even_if_a_rule_could_not_be_loaded(
    lone_gateway: Management, tmp_path: Path, options: tuple[str, ...]
) -> None:
    done = await rulemint(
        lone_gateway, tmp_path, "config", "import-auth0", str(EXPORT), "--apply", "--yes", *options, **VARIABLES
    )
    assert (done.returncode, "only a draft" in done.stderr) == (1, True), done
    if options:
        assert json.loads(done.stdout)["secrets"][0]["client_secret"]
    else:
        assert re.search(r"^client_secret  \S{20,}$", done.stdout, re.MULTILINE), done.stdout


async def test_a_version_that_is_deployed_does_not_run_as_long_as_its_rule_is_disabled(
    lone_gateway: Management, tmp_path: Path
) -> None:
    (tmp_path / "plan.py").write_text(RULE)
    await rulemint(lone_gateway, tmp_path, "rules", "deploy", "plan.py", "--yes")
    done = await rulemint(lone_gateway, tmp_path, "rules", "deploy-version", "plan", "1", "--yes", "--no-check")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "the rule plan has version 1, and is disabled: rulemint rules enable plan enables it\n"


async def test_a_watched_file_that_nobody_can_load_is_watched_on(lone_gateway: Management, tmp_path: Path) -> None:
    rule = tmp_path / "plan.py"
    rule.write_text(RULE)
    environment = {
        "RULEMINT_CLIENT_ID": lone_gateway.admin["client_id"],
        "RULEMINT_CLIENT_SECRET": lone_gateway.admin["client_secret"],
        "PYTHONUNBUFFERED": "1",
    }
    command = [str(BIN / "rulemint"), "rules", "watch", str(rule), "--url", lone_gateway.url, "--yes"]
    await asyncio.to_thread(_watch_two_saves, command, environment, rule)
    assert await states(lone_gateway) == [(0, False)]


def _watch_two_saves(command: list[str], environment: dict[str, str], rule: Path) -> None:
    with started(command, environment) as watcher:
        until(lambda: "only a draft" in watcher.output and "watching" in watcher.output, failing=watcher)
        rule.write_text(RULE.replace("1", "2"))
        until(lambda: watcher.output.count("no runner is there") > 1, failing=watcher)
        watcher.process.send_signal(signal.SIGINT)
        assert watcher.wait() == 0
