"""What a rule was, and what tokens are signed with, on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)

SECRET = {"RULEMINT_CLIENT_SECRET": "demo-secret-not-for-production"}
ASK = ("token", "--client", "demo-client", "--audience", "https://api.example.com/", "--decode")


def deployed(workplace: Workplace, file: Path, number: int) -> None:
    file.write_text(f'def rule(client, scope, audience, context):\n    return {{"n": {number}}}\n')
    done = workplace.rulemint("rules", "deploy", str(file), "--yes")
    assert done.returncode == 0, done.stderr


def test_a_rule_goes_back_to_an_older_version_and_shows_the_difference(workplace: Workplace) -> None:
    file = workplace.folder / "versioned.py"
    for number in (1, 2):
        deployed(workplace, file, number)
    assert workplace.json(*ASK, **SECRET)["n"] == 2
    versions = workplace.json("rules", "versions", "versioned")
    assert [(each["number"], each["deployed"]) for each in versions] == [(2, True), (1, False)]

    unsaid = workplace.rulemint("rules", "deploy-version", "versioned", "1")
    assert (unsaid.returncode, "--yes" in unsaid.stderr) == (1, True)
    back = workplace.rulemint("rules", "deploy-version", "versioned", "1", "--yes")
    assert back.stdout == "the rule versioned runs as version 1\n"
    assert workplace.json(*ASK, **SECRET)["n"] == 1

    difference = workplace.rulemint("rules", "diff", "versioned", "--from", "1", "--to", "2").stdout
    assert '-    return {"n": 1}\n+    return {"n": 2}\n' in difference
    same = workplace.rulemint("rules", "diff", "versioned", "--from", "1", "--to", "1").stdout
    assert same == "versions 1 and 1 are the same\n"
    assert workplace.rulemint("rules", "deploy-version", "versioned", "9", "--yes").returncode == 1
    workplace.rulemint("rules", "delete", "versioned", "--yes")


def test_rollback_runs_the_version_that_ran_before_and_names_its_message(workplace: Workplace) -> None:
    file = workplace.folder / "rolled.py"
    for number, message in ((1, "the first"), (2, "a mistake")):
        file.write_text(f'def rule(client, scope, audience, context):\n    return {{"n": {number}}}\n')
        done = workplace.rulemint("rules", "deploy", str(file), "--message", message, "--yes")
        assert done.returncode == 0, done.stderr
    assert workplace.json("rules", "show", "rolled")["message"] == "a mistake"
    assert "the first" in workplace.rulemint("rules", "versions", "rolled").stdout

    asked = workplace.rulemint("rules", "rollback", "rolled", stdin="y\n")
    assert "Run version 1 “the first”" in asked.stderr
    assert asked.stdout == "the rule rolled runs as version 1\n"
    assert workplace.json(*ASK, **SECRET)["n"] == 1
    again = workplace.rulemint("rules", "rollback", "rolled", "--to", "1", "--yes")
    assert (again.returncode, "runs already" in again.stderr) == (1, True)
    assert workplace.json("rules", "rollback", "rolled", "--yes")["version"] == 2
    workplace.rulemint("rules", "delete", "rolled", "--yes")


def test_a_rule_that_had_one_version_has_nothing_to_go_back_to(workplace: Workplace) -> None:
    deployed(workplace, workplace.folder / "single.py", 1)
    refused = workplace.rulemint("rules", "rollback", "single", "--yes")
    assert (refused.returncode, "rulemint rules versions single" in refused.stderr) == (1, True)
    workplace.rulemint("rules", "delete", "single", "--yes")


def test_update_takes_what_deploy_takes(workplace: Workplace) -> None:
    deployed(workplace, workplace.folder / "updated.py", 1)
    options = ("--client", "demo-client", "--audience", "https://api.example.com/", "--allow-host", "API.example.com")
    changed = workplace.json("rules", "update", "updated", *options, "--limit", "timeout_s=2", "--message", "tighter")
    assert (changed["clients"], changed["audiences"]) == (["demo-client"], ["https://api.example.com/"])
    assert (changed["allow_hosts"], changed["limits"]["timeout_s"]) == (["api.example.com"], 2)
    assert (changed["version"], changed["message"]) == (2, "tighter")
    same = workplace.rulemint("rules", "deploy", "updated.py", "--limit", "timeout_s=2")
    assert same.stdout == "nothing changed: the rule updated is as updated.py has it\n"
    unkept = workplace.rulemint("rules", "deploy", "updated.py", "--limit", "timeout_s=2", "--message", "why")
    assert (unkept.returncode, unkept.stdout) == (0, same.stdout)
    assert "--message is not kept, because this makes no new version" in unkept.stderr
    pointless = workplace.rulemint("rules", "update", "updated", "--order", "9", "--message", "why")
    assert (pointless.returncode, "message" in pointless.stderr) == (1, True)
    workplace.rulemint("rules", "delete", "updated", "--yes")


def test_signing_keys_are_rotated_and_revoked(workplace: Workplace) -> None:
    before = workplace.json("keys", "list")
    current = next(key["kid"] for key in before if key.get("current"))
    beginning = current[:12]  # it may be a dash
    assert workplace.json("keys", "show", "--", beginning)["kid"] == current
    workplace.json("keys", "rotate", "--yes")
    after = workplace.json("keys", "list")
    assert current not in {key["kid"] for key in after if key.get("current")}
    workplace.json("keys", "revoke", "--yes", "--", current)
    assert workplace.rulemint("keys", "list").returncode == 0
    assert workplace.json(*ASK, **SECRET)["https://foo.com/claim"] == "bar"


def test_a_client_gets_a_new_secret_and_the_old_one_is_good_no_longer(workplace: Workplace) -> None:
    made = workplace.json("clients", "create", "rotating", "--client-id", "rotating")
    workplace.json("grants", "create", "--client", "rotating", "--audience", "Demo API", "--scope", "test")
    rotated = workplace.json("clients", "rotate-secret", "rotating", "--yes")
    asked = ("token", "--client", "rotating", "--audience", "https://api.example.com/")
    assert workplace.rulemint(*asked, RULEMINT_CLIENT_SECRET=made["client_secret"]).returncode == 1
    assert workplace.rulemint(*asked, RULEMINT_CLIENT_SECRET=rotated["client_secret"]).returncode == 0
    workplace.json("clients", "delete", "rotating", "--yes")


def test_a_client_has_two_secrets_while_a_new_one_is_rolled_out(workplace: Workplace) -> None:
    made = workplace.json("clients", "create", "overlapping", "--client-id", "overlapping")
    workplace.json("grants", "create", "--client", "overlapping", "--audience", "Demo API", "--scope", "test")
    rotated = workplace.json("clients", "rotate-secret", "overlapping", "--overlap", "2h", "--yes")
    asked = ("token", "--client", "overlapping", "--audience", "https://api.example.com/")
    for secret in (made["client_secret"], rotated["client_secret"]):
        assert workplace.rulemint(*asked, RULEMINT_CLIENT_SECRET=secret).returncode == 0
    listed = workplace.json("clients", "secrets", "overlapping")
    assert [(each["name"], each["expires_at"] is None) for each in listed] == [
        ("first", False),
        (rotated["name"], True),
    ]
    shown = workplace.rulemint("clients", "secrets", "overlapping").stdout
    assert rotated["name"] in shown
    assert rotated["client_secret"] not in shown

    assert workplace.json("clients", "delete-secret", "overlapping", "first", "--yes") == {"deleted": "first"}
    assert workplace.rulemint(*asked, RULEMINT_CLIENT_SECRET=made["client_secret"]).returncode == 1
    assert workplace.rulemint(*asked, RULEMINT_CLIENT_SECRET=rotated["client_secret"]).returncode == 0
    gone = workplace.rulemint("clients", "delete-secret", "overlapping", "first", "--yes")
    assert (gone.returncode, "rulemint clients secrets overlapping" in gone.stderr) == (1, True)
    wrong = workplace.rulemint("clients", "rotate-secret", "overlapping", "--overlap", "soon", "--yes")
    assert (wrong.returncode, "7d" in wrong.stderr) == (2, True)
    workplace.json("clients", "delete", "overlapping", "--yes")


def test_a_tenant_is_disabled_and_enabled(workplace: Workplace) -> None:
    workplace.json("tenants", "create", "sleepy", "--host", "sleepy.example.com")
    assert workplace.json("tenants", "disable", "sleepy", "--yes")["disabled"] is True
    assert workplace.json("tenants", "enable", "sleepy")["disabled"] is False
