from __future__ import annotations

import os
import re
import shlex
import stat
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from cryptography.fernet import Fernet
from typer.core import TyperGroup
from typer.testing import CliRunner

import rulemint_shared
from rulemint_cli import __main__ as cli
from rulemint_cli.commands.examples import EXAMPLES
from rulemint_shared.secrets.runner_key import RunnerKey
from rulemint_shared.secrets.vault import Purpose, Vault

COMMANDS = [
    *("dev", "logs", "try", "exchanges", "demo", "init", "types", "sandbox", "login", "profiles", "token", "status"),
    *("ready", "credentials"),
    *("clients", "apis", "grants", "rules", "secrets", "keys", "tenants", "config"),
]


@pytest.fixture(autouse=True)
def _no_settings_of_whoever_runs_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RULEMINT_")]:
        monkeypatch.delenv(name)


def exit_code_of_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr("sys.argv", ["rulemint", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(cli.app, ["--help"])
    assert result.exit_code == 0
    assert all(command in result.output for command in COMMANDS)


def test_no_command_shows_the_help_too() -> None:
    shown = CliRunner().invoke(cli.app, [])
    asked = CliRunner().invoke(cli.app, ["--help"])
    assert shown.output.strip() == asked.output.strip()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(command: str) -> None:
    result = CliRunner().invoke(cli.app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def commands_of(group: TyperGroup, *names: str) -> Iterator[tuple[str, Any]]:
    """Every command below *group*, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands_of(command, *names, name)
        else:
            yield " ".join((*names, name)), command


def test_every_command_has_json() -> None:
    root = typer.main.get_command(cli.app)
    assert isinstance(root, TyperGroup)
    without = [
        words
        for words, command in commands_of(root)
        if not any("--json" in parameter.opts for parameter in command.params)
    ]
    assert without == []


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        (["rulemint", "cli"], "clients"),
        (["rulemint", "clients", "rot"], "rotate-secret"),
        (["rulemint", "rules", "deploy", "--al"], "--allow-host"),
    ],
)
def test_a_shell_completes_commands_and_options(words: list[str], completed: str) -> None:
    """As the function asks that ``--install-completion`` gives bash."""
    asked = {"_RULEMINT_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = CliRunner().invoke(cli.app, [], env=asked, prog_name="rulemint")
    assert completed in done.stdout.split()


@cache
def all_commands() -> dict[str, Any]:
    root = typer.main.get_command(cli.app)
    assert isinstance(root, TyperGroup)
    return dict(commands_of(root))


def test_every_command_has_examples_and_no_other_has() -> None:
    assert EXAMPLES.keys() == all_commands().keys()


@pytest.mark.parametrize(("words", "example"), [(words, each) for words, all_ in EXAMPLES.items() for each in all_])
def test_an_example_is_a_command_line_that_the_command_takes(
    words: str, example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("plan.js", "plan.py", "plan.cases.yaml", "tenant.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "export").mkdir()
    monkeypatch.chdir(tmp_path)
    typed = shlex.split(example.partition(" > ")[0])
    own = words.split()
    given = typed[len(own) :] if typed[: len(own)] == own else typed[1:]  # exchanges lists without a command
    assert all_commands()[words].make_context("rulemint", given).params
    shown = CliRunner().invoke(cli.app, [*own, "--help"], prog_name="rulemint").output
    shown = re.sub(r" \\\n +", " ", shown)  # a long one is folded, as a shell takes it
    assert f"  rulemint {example}\n" in shown


def test_no_sentence_of_a_list_of_commands_is_cut() -> None:
    for words in ([], ["clients"], ["rules"], ["config"], ["exchanges"]):
        assert "..." not in CliRunner().invoke(cli.app, [*words, "--help"]).output.partition("Commands:")[2]


def test_the_version_is_the_packages() -> None:
    done = CliRunner().invoke(cli.app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"rulemint {rulemint_shared.__version__}\n")


def test_without_a_system_a_name_is_completed_with_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    asked = {"_RULEMINT_COMPLETE": "complete_bash", "COMP_WORDS": "rulemint rules show s", "COMP_CWORD": "3"}
    done = CliRunner().invoke(cli.app, [], env={**asked, "XDG_CONFIG_HOME": str(tmp_path)}, prog_name="rulemint")
    assert done.stdout.strip() == ""
    assert "Traceback" not in done.output


def test_the_help_of_dev_lists_its_settings() -> None:
    result = CliRunner().invoke(cli.app, ["dev", "--help"])
    assert "RULEMINT_PORT" in result.output
    assert "RULEMINT_DATA_DIR" in result.output


def test_an_unknown_command_is_a_wrong_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert exit_code_of_main(monkeypatch, "fly") == 2


# ---- init ----


def test_init_makes_a_master_key_and_a_password_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    result = CliRunner().invoke(cli.app, ["init", str(folder)])
    assert result.exit_code == 0
    assert {(file.name, stat.S_IMODE(file.stat().st_mode)) for file in folder.iterdir()} == {
        ("master.key", 0o600),
        ("runner.key", 0o600),
        ("valkey.password", 0o600),
    }
    Vault.from_file(folder / "master.key")
    RunnerKey.from_file(folder / "runner.key")


def test_init_leaves_what_exists_as_it_is(tmp_path: Path) -> None:
    mine = Fernet.generate_key()
    (tmp_path / "master.key").write_bytes(mine)
    result = CliRunner().invoke(cli.app, ["init", str(tmp_path)])
    assert result.exit_code == 0
    assert (tmp_path / "master.key").read_bytes() == mine
    password = (tmp_path / "valkey.password").read_text()
    CliRunner().invoke(cli.app, ["init", str(tmp_path)])
    assert (tmp_path / "valkey.password").read_text() == password


def test_init_gives_an_installation_of_before_its_runner_key_and_follows_a_new_master_key(tmp_path: Path) -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    master = tmp_path / "master.key"
    master.write_bytes(old + b"\n")
    CliRunner().invoke(cli.app, ["init", str(tmp_path)])
    ciphertext = Vault([old]).encrypt(b"secret", purpose=Purpose.RULE_SECRETS)
    assert RunnerKey.from_file(tmp_path / "runner.key").open_rule_secrets(ciphertext) == b"secret"
    master.write_bytes(new + b"\n" + old + b"\n")
    CliRunner().invoke(cli.app, ["init", str(tmp_path)])
    rotated = RunnerKey.from_file(tmp_path / "runner.key")
    assert rotated.open_rule_secrets(ciphertext) == b"secret"
    ciphertext = Vault([new]).encrypt(b"newer", purpose=Purpose.RULE_SECRETS)
    assert rotated.open_rule_secrets(ciphertext) == b"newer"
    assert stat.S_IMODE((tmp_path / "runner.key").stat().st_mode) == 0o600


def test_init_puts_the_runner_s_key_and_the_password_where_only_their_readers_are(tmp_path: Path) -> None:
    runner_key, password = tmp_path / "runner" / "runner.key", tmp_path / "password" / "valkey.password"
    arguments = ["init", str(tmp_path / "keys"), "--runner-key", str(runner_key), "--password", str(password)]
    assert CliRunner().invoke(cli.app, arguments).exit_code == 0
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["master.key"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in (runner_key, password)] == [0o600] * 2


def test_init_names_a_master_key_that_is_none_and_leaves_it(tmp_path: Path) -> None:
    master = tmp_path / "master.key"
    master.write_text("mine")
    result = CliRunner().invoke(cli.app, ["init", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"rulemint: the master key {master} is not usable: ")
    assert result.stderr.count("\n") == 1
    assert master.read_text() == "mine"
    assert not (tmp_path / "runner.key").exists()


def test_init_into_a_file_fails_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    result = CliRunner().invoke(cli.app, ["init", str(file)])
    assert result.exit_code == 1
    assert result.stderr == f"rulemint: cannot write to {file}: File exists; name another folder\n"


# ---- clients without a system ----


@pytest.mark.parametrize("command", ["logs", "demo"])
def test_a_client_without_an_admin_file_fails_in_one_sentence(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RULEMINT_DATA_DIR", str(tmp_path))
    assert exit_code_of_main(monkeypatch, command) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"rulemint: cannot read {tmp_path / 'admin.json'}")
    assert err.count("\n") == 1


def test_the_admin_file_that_is_asked_for_is_the_one_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}")
    assert exit_code_of_main(monkeypatch, "logs", "--admin-file", str(path)) == 1
    assert capsys.readouterr().err.startswith(f"rulemint: {path} is not an admin file")


# ---- try ----


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param(["rule.js"], "--client", id="no client"),
        pytest.param(["none.js", "--client", "c"], "none.js", id="no such file"),
        pytest.param(["rule.txt", "--client", "c"], "the language is unknown", id="a suffix of no language"),
        pytest.param(["rule.js", "--client", "c", "--language", "cobol"], "cobol", id="no such language"),
        pytest.param(["rule.js", "--client", "c", "--secret", "KEY"], "NAME=VALUE", id="a secret without a value"),
        pytest.param(["latin.js", "--client", "c"], "cannot read latin.js", id="a file that is no UTF-8"),
    ],
)
def test_a_try_that_cannot_be_meant_is_a_wrong_use(
    arguments: list[str],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("rule.js", "rule.txt"):
        Path(name).write_text("x")
    Path("latin.js").write_bytes(b"\xff")
    assert exit_code_of_main(monkeypatch, "try", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err


def test_a_try_without_an_admin_file_fails_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RULEMINT_DATA_DIR", str(tmp_path))
    (tmp_path / "rule.js").write_text("x")
    assert exit_code_of_main(monkeypatch, "try", str(tmp_path / "rule.js"), "--client", "c") == 1
    assert capsys.readouterr().err.startswith(f"rulemint: cannot read {tmp_path / 'admin.json'}")


# ---- settings ----


@pytest.mark.parametrize("port", ["http", "0", "65536", "80.5"])
def test_a_bad_setting_is_a_wrong_use_in_one_line(
    port: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RULEMINT_PORT", port)
    assert exit_code_of_main(monkeypatch, "dev") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("rulemint: RULEMINT_PORT: ")
    assert port in err
    assert err.count("\n") == 1
