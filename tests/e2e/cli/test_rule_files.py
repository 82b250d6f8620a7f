"""Rules from files: created and changed after a diff, and deployed again at every save."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import web

from fixtures.between import Passing, between
from fixtures.management import open_management
from fixtures.processes import BIN, started, until
from fixtures.workplace import Done, Workplace

pytestmark = pytest.mark.timeout(120)

FIRST = 'def rule(client, scope, audience, context):\n    print("first")\n    return {"n": 1}\n'
SECRET = {"RULEMINT_CLIENT_SECRET": "demo-secret-not-for-production"}
ASK = ("token", "--client", "demo-client", "--audience", "https://api.example.com/", "--decode")


@pytest.fixture
def rule(workplace: Workplace) -> Iterator[Path]:
    file = workplace.folder / "my_rule.py"
    file.write_text(FIRST)
    yield file
    workplace.rulemint("rules", "delete", "my-rule", "--yes")


def test_a_file_is_created_then_changed_and_then_nothing(workplace: Workplace, rule: Path) -> None:
    options = ["--secret", "KEY=hunter22", "--allow-host", "API.example.com", "--client", "demo-client", "--yes"]
    made = workplace.rulemint("rules", "deploy", rule.name, *options)
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[-1] == "the rule my-rule runs as version 1"
    assert "secret KEY: new" in made.stdout
    assert "hunter22" not in made.stdout
    record = workplace.json("rules", "show", "my-rule")
    assert (record["language"], record["enabled"], record["allow_hosts"]) == ("python", True, ["api.example.com"])
    assert workplace.json(*ASK, **SECRET)["n"] == 1

    rule.write_text(FIRST.replace("1}", "2}"))
    changed = workplace.rulemint("rules", "deploy", rule.name, stdin="y\n")
    assert changed.returncode == 0, changed.stderr
    assert '-    return {"n": 1}\n+    return {"n": 2}\n' in changed.stdout
    assert "Change the rule my-rule" in changed.stderr
    record = workplace.json("rules", "show", "my-rule")
    assert (record["version"], record["allow_hosts"]) == (2, ["api.example.com"])  # what is not named stays
    assert workplace.json(*ASK, **SECRET)["n"] == 2

    same = workplace.rulemint("rules", "deploy", rule.name, "--allow-host", "api.example.com")
    assert (same.returncode, same.stdout) == (0, "nothing changed: the rule my-rule is as my_rule.py has it\n")
    assert workplace.json("rules", "show", "my-rule")["version"] == 2


@pytest.mark.parametrize("options", [(), ("--secret", "KEY=v")], ids=["", "with a secret"])
def test_what_somebody_changed_while_the_diff_was_looked_at_is_not_overwritten(
    workplace: Workplace, rule: Path, options: tuple[str, ...]
) -> None:
    assert workplace.rulemint("rules", "create", rule.name).returncode == 0
    rule.write_text(FIRST.replace("1}", "2}"))
    refused = asyncio.run(deployed_beside_somebody(workplace, rule, *options))
    assert refused.returncode == 1
    assert "somebody else has just changed the rule my-rule, so nothing was done" in refused.stderr
    assert "3}" in workplace.json("rules", "show", "my-rule")["script"]
    assert workplace.json("secrets", "list", "my-rule") == []
    again = workplace.rulemint("rules", "deploy", rule.name, "--yes", *options)
    assert again.returncode == 0, again.stderr
    assert '-    return {"n": 3}' in again.stdout


async def deployed_beside_somebody(workplace: Workplace, rule: Path, *options: str) -> Done:
    """How a deployment ends if somebody else changes the rule right after it was read."""
    changed: list[int] = []

    async def meddle(call: Passing) -> web.StreamResponse:
        answer = await call.forward()
        if call.request.method == "GET" and call.request.path.startswith("/api/v2/rules/rul_") and not changed:
            body = {"script": FIRST.replace("1}", "3}")}
            changed.append((await management.call("PATCH", call.request.path, body)).status)
        return answer

    async with (
        open_management(f"http://127.0.0.1:{workplace.port}", workplace.admin) as management,
        between(workplace.port, meddle) as url,
    ):
        done = await asyncio.to_thread(workplace.process, "rules", "deploy", rule.name, "--yes", "--url", url, *options)
    assert changed == [200]
    return done


def test_a_rule_that_is_disabled_is_not_said_to_run(workplace: Workplace, rule: Path) -> None:
    workplace.rulemint("rules", "deploy", rule.name, "--yes")
    workplace.json("rules", "disable", "my-rule")
    how = "and is disabled: rulemint rules enable my-rule enables it\n"
    same = workplace.rulemint("rules", "deploy", rule.name)
    assert same.stdout == f"nothing changed: the rule my-rule is as my_rule.py has it, {how}"
    rule.write_text(FIRST.replace("1}", "2}"))
    changed = workplace.rulemint("rules", "deploy", rule.name, "--yes")
    assert changed.stdout.endswith(f"the rule my-rule has version 2, {how}")


def test_a_token_that_a_rule_fails_names_the_command_that_shows_why(workplace: Workplace, rule: Path) -> None:
    rule.write_text("def rule(client, scope, audience, context):\n    print('before')\n    return 1 / 0\n")
    workplace.rulemint("rules", "deploy", rule.name, "--client", "demo-client", "--yes")
    failed = workplace.rulemint(*ASK, folder=None, **SECRET)
    assert failed.returncode == 1
    (command,) = re.findall(r"rulemint (exchanges show \w+) shows", failed.stderr)
    until(lambda: "before" in workplace.rulemint(*command.split()).stdout)  # the record is written behind the answer


def test_a_deployment_that_nobody_confirms_changes_nothing(workplace: Workplace, rule: Path) -> None:
    refused = workplace.rulemint("rules", "deploy", rule.name, stdin="n\n")
    assert (refused.returncode, "nothing was changed" in refused.stderr) == (1, True)
    assert "my-rule" not in workplace.rulemint("rules", "list").stdout


def test_a_secret_without_a_value_is_asked_for_before_the_question(workplace: Workplace, rule: Path) -> None:
    nothing = workplace.rulemint("rules", "deploy", rule.name, "--secret", "KEY", "--yes")
    assert (nothing.returncode, nothing.stderr.startswith("rulemint: KEY: give it on standard input")) == (2, True)
    done = workplace.rulemint("rules", "deploy", rule.name, "--secret", "KEY", stdin="hunter22\ny\n")
    assert done.returncode == 0, done.stderr
    assert "hunter22" not in done.stdout + done.stderr
    assert workplace.json("secrets", "list", "my-rule") == [{"name": "KEY"}]


def test_a_rule_is_for_the_client_of_a_name_and_a_client_that_is_not_there_is_told(
    workplace: Workplace, rule: Path
) -> None:
    done = workplace.rulemint("rules", "deploy", rule.name, "--client", "Demo client", "--client", "nobody", "--yes")
    assert done.returncode == 0, done.stderr
    assert "rulemint: there is no client nobody: until there is one, the rule does not run for it" in done.stderr
    assert workplace.json("rules", "show", "my-rule")["clients"] == ["demo-client", "nobody"]
    assert workplace.json("rules", "update", "my-rule", "--client", "Demo client")["clients"] == ["demo-client"]


def test_a_file_whose_name_is_nearly_a_rules_makes_no_second_rule(workplace: Workplace, rule: Path) -> None:
    workplace.rulemint("rules", "deploy", rule.name, "--yes")
    copy = rule.with_name("My_Rule.v2.py")
    copy.write_text(FIRST.replace("1}", "2}"))
    refused = workplace.rulemint("rules", "deploy", copy.name, "--yes")
    assert refused.returncode == 2
    (named,) = re.findall(r"give --name (\S+) to change that one", refused.stderr)
    assert workplace.rulemint("rules", "deploy", copy.name, "--name", named, "--yes").returncode == 0
    assert "2}" in workplace.json("rules", "show", "my-rule")["script"]


def test_the_question_about_a_new_rule_names_those_that_are_there(workplace: Workplace, rule: Path) -> None:
    assert "a new one next to seed" in workplace.rulemint("rules", "deploy", rule.name, stdin="n\n").stderr


def test_create_leaves_a_rule_of_the_same_name_as_it_is(workplace: Workplace, rule: Path) -> None:
    assert workplace.rulemint("rules", "create", rule.name, "--name", "my-rule").returncode == 0
    rule.write_text("x")
    refused = workplace.rulemint("rules", "create", rule.name)
    assert (refused.returncode, f"rulemint rules deploy {rule.name}" in refused.stderr) == (1, True)
    assert workplace.json("rules", "show", "my-rule")["script"] == FIRST


def test_a_terminal_gets_the_diff_in_colours(workplace: Workplace, rule: Path) -> None:
    workplace.rulemint("rules", "create", rule.name)
    rule.write_text(FIRST.replace("1}", "2}"))
    main, terminal = pty.openpty()
    command = [str(BIN / "rulemint"), "rules", "deploy", rule.name, "--yes"]
    environment = {**workplace.environment, "TERM": "xterm-256color"}
    subprocess.run(command, cwd=workplace.folder, env=environment, stdout=terminal, check=True, timeout=60)
    os.close(terminal)
    shown = os.read(main, 65_536).decode()
    os.close(main)
    assert '\x1b[31m-    return {"n": 1}' in shown
    assert '\x1b[32m+    return {"n": 2}' in shown


def test_ctrl_c_at_a_question_changes_nothing_and_is_clean(workplace: Workplace) -> None:
    command = [str(BIN / "rulemint"), "rules", "delete", "seed"]
    asking = subprocess.Popen(
        command,
        cwd=workplace.folder,
        env=workplace.environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with asking:
        assert asking.stderr is not None
        said = ""
        while not said.endswith("[y/N]: "):
            said += asking.stderr.read(1)
        for _ in range(10):  # one that comes just before the read is only seen after it
            asking.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                assert asking.wait(2) == 130
                break
        assert asking.returncode == 130
        assert asking.stderr.read() == ""
    assert workplace.json("rules", "show", "seed")["name"] == "seed"


def test_a_file_that_does_not_load_is_refused_with_its_line_unless_nobody_is_to_check(
    workplace: Workplace, rule: Path
) -> None:
    assert workplace.rulemint("rules", "deploy", rule.name, "--yes").returncode == 0
    rule.write_text("x = 1\ndef rule(client:\n")
    refused = workplace.rulemint("rules", "deploy", rule.name, "--yes")
    assert (refused.returncode, "my-rule.py:2:" in refused.stderr) == (1, True), refused.stderr
    assert workplace.json(*ASK, **SECRET)["n"] == 1
    forced = workplace.rulemint("rules", "deploy", rule.name, "--yes", "--no-check")
    assert forced.stdout.splitlines()[-1] == "the rule my-rule runs as version 2"
    assert workplace.rulemint("rules", "deploy-version", "my-rule", "1", "--yes").returncode == 0
    assert workplace.rulemint("rules", "deploy-version", "my-rule", "2", "--yes").returncode == 1
    assert workplace.json(*ASK, **SECRET)["n"] == 1


def test_a_watched_file_that_does_not_load_leaves_the_last_good_version(workplace: Workplace, rule: Path) -> None:
    admin_file = str(workplace.folder / ".rulemint/admin.json")
    command = [str(BIN / "rulemint"), "rules", "watch", str(rule), "--admin-file", admin_file, "--yes"]
    with started(command, {"PYTHONUNBUFFERED": "1"}) as watcher:
        until(lambda: "runs as version 1" in watcher.output and "watching" in watcher.output, failing=watcher)
        rule.write_text("def rule(")
        until(lambda: "my-rule.py:1:9: SyntaxError" in watcher.output, failing=watcher)
        assert workplace.json(*ASK, **SECRET)["n"] == 1
        rule.write_text(FIRST.replace("1}", "3}"))
        until(lambda: "runs as version 2" in watcher.output, failing=watcher)
        assert workplace.json(*ASK, **SECRET)["n"] == 3
        watcher.process.send_signal(signal.SIGINT)
        assert watcher.wait() == 0


def test_a_watched_file_is_deployed_at_every_save_and_its_logs_stream(workplace: Workplace, rule: Path) -> None:
    admin_file = str(workplace.folder / ".rulemint/admin.json")
    command = [str(BIN / "rulemint"), "rules", "watch", str(rule), "--admin-file", admin_file, "--yes"]
    with started(command, {"PYTHONUNBUFFERED": "1"}) as watcher:
        until(lambda: "runs as version 1" in watcher.output and "watching" in watcher.output, failing=watcher)
        rule.write_text(FIRST.replace("first", "second"))
        until(lambda: "runs as version 2" in watcher.output, failing=watcher)
        part = rule.with_name("part")  # as many an editor saves
        part.write_text(FIRST.replace("first", "third"))
        part.replace(rule)
        until(lambda: "runs as version 3" in watcher.output, failing=watcher)
        assert workplace.json(*ASK, **SECRET)["n"] == 1
        until(lambda: "third" in watcher.output, failing=watcher)
        assert "seed@1" not in watcher.output  # another rule's
        watcher.process.send_signal(signal.SIGINT)
        assert watcher.wait() == 0
        assert "Traceback" not in watcher.output
