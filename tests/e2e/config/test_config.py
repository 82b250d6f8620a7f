"""A tenant as a file, against running systems: exported, compared, applied, pruned, and left alone by what fails."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fixtures.configurations import done, emptied, written
from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(180)


def test_a_file_of_200_clients_is_applied_once(other_place: Workplace) -> None:
    api = "https://many.example.com/"
    file = written(
        other_place,
        resource_servers=[{"identifier": api, "scopes": [{"value": "read"}, {"value": "write"}]}],
        clients=[{"name": f"client {n:03}", "client_metadata": {"n": str(n)}} for n in range(200)],
        client_grants=[{"client": f"client {n:03}", "audience": api, "scope": ["read"]} for n in range(200)],
    )
    first = done(other_place, "apply", file, "--yes")
    assert "done: 401 to create" in first.stdout
    second = done(other_place, "apply", file, "--yes")
    assert second.stdout.startswith("nothing to change: ")
    assert done(other_place, "diff", file, "--prune").stdout.startswith("nothing to change: ")
    emptied(other_place)
    assert yaml.safe_load(done(other_place, "export").stdout) == {"rulemint": 1, "settings": {}}


def test_a_file_with_code_that_does_not_load_changes_nothing_unless_nobody_is_to_check(
    other_place: Workplace,
) -> None:
    broken = {"name": "broken", "script": "x = 1\ndef rule(client:\n", "language": "python", "order": 1}
    file = written(other_place, clients=[{"name": "with it", "client_id": "with-it"}], rules=[broken])
    refused = other_place.rulemint("config", "apply", file, "--yes")
    assert refused.returncode == 1
    assert "broken.py:2:" in refused.stderr
    assert "nothing was changed" in refused.stderr
    assert yaml.safe_load(done(other_place, "export").stdout) == {"rulemint": 1, "settings": {}}
    done(other_place, "apply", file, "--yes", "--no-check")
    assert done(other_place, "diff", file).stdout.startswith("nothing to change: ")
    emptied(other_place)


def test_an_export_makes_another_system_the_same(workplace: Workplace, other_place: Workplace) -> None:
    odd = 'def rule(client, scope, audience, context):\r\n\treturn {"a": "ä"} \n\n\n'
    (workplace.folder / "odd.py").write_text("def rule(*_): return {}")
    workplace.json("rules", "deploy", "odd.py", "--secret", "KEY=hunter22", "--client", "demo-client", "--yes")
    workplace.json("rules", "update", "odd", "--set", f"script={json.dumps(odd)}")
    workplace.json("apis", "create", "https://hs.example.com/", "--set", "signing_alg=HS256")
    workplace.json("clients", "create", "yes", "--metadata", "on=no", "--set", 'callbacks=["https://x.example/"]')
    workplace.json(
        "grants", "create", "--client", "yes", "--audience", workplace.admin["audience"], "--scope", "read:rules"
    )
    exported = done(workplace, "export").stdout
    assert exported == done(workplace, "export").stdout
    assert "hunter22" not in exported
    assert workplace.admin["client_id"] not in exported
    assert done(workplace, "export", "--out", "all/tenant.yaml").stdout == "wrote all/tenant.yaml and 2 scripts\n"
    assert (workplace.folder / "all/rules/odd.py").read_bytes() == odd.encode()
    assert done(workplace, "diff", "all/tenant.yaml", "--prune").stdout.startswith("nothing to change: ")

    file = str(workplace.folder / "all/tenant.yaml")
    refused = other_place.rulemint("config", "apply", file, "--yes")
    assert (refused.returncode, "set ODD_KEY, SEED_FOO in the environment" in refused.stderr) == (2, True)
    applied = done(other_place, "apply", file, "--yes", ODD_KEY="a-key-of-ours", SEED_FOO="x")
    assert "a-key-of-ours" not in applied.stdout + applied.stderr
    assert done(other_place, "export").stdout == exported
    assert done(other_place, "diff", file, "--prune").stdout.startswith("nothing to change: ")
    emptied(other_place)


def test_a_dry_run_and_a_diff_change_nothing_and_say_the_same(other_place: Workplace) -> None:
    file = written(other_place, clients=[{"name": "one", "client_secret": "${ONE_SECRET}"}])
    dry = done(other_place, "apply", file, "--dry-run")
    assert dry.stdout == "create the client one\n1 to create\n"
    compared = other_place.rulemint("config", "diff", file)
    assert (compared.returncode, compared.stdout) == (1, dry.stdout)
    unconfirmed = other_place.rulemint("config", "apply", file, stdin="n\n")
    assert (unconfirmed.returncode, "nothing was changed" in unconfirmed.stderr) == (1, True)
    assert "one" not in other_place.rulemint("clients", "list").stdout


def test_a_client_gets_its_secret_from_the_environment(other_place: Workplace) -> None:
    api = "https://one.example.com/"
    secret = "a-secret-of-the-environment"
    file = written(
        other_place,
        resource_servers=[{"identifier": api}],
        clients=[{"name": "one", "client_id": "one", "client_secret": "${ONE_SECRET}"}],
        client_grants=[{"client": "one", "audience": api}],
    )
    done(other_place, "apply", file, "--yes", ONE_SECRET=secret)
    token = other_place.json("token", "--client", "one", "--audience", api, "--decode", RULEMINT_CLIENT_SECRET=secret)
    assert token["aud"] in (api, [api])
    emptied(other_place)


def test_what_a_file_changes_and_prunes_is_shown_and_done(other_place: Workplace) -> None:
    (other_place.folder / "a.js").write_text("module.exports = (c, s, a, x, cb) => cb(null, { n: 1 });\n")
    rule = {"name": "a", "script_file": "a.js", "secrets": {"ONE": "${ONE}", "TWO": "${TWO}"}}
    clients = [{"name": "stays", "client_metadata": {"plan": "gold", "old": "x"}}, {"name": "goes"}]
    file = written(other_place, settings={"error_style": "auth0"}, clients=clients, rules=[rule])
    done(other_place, "apply", file, "--yes", ONE="1", TWO="2")
    version = other_place.json("rules", "show", "a")["version"]

    (other_place.folder / "a.js").write_text("module.exports = (c, s, a, x, cb) => cb(null, { n: 2 });\n")
    changed = {**rule, "allow_hosts": ["API.example.com"], "secrets": {"ONE": "${ONE}"}}
    clients = [{"name": "stays", "client_metadata": {"plan": "red"}, "description": "new"}]
    file = written(other_place, clients=clients, rules=[changed])
    shown = done(other_place, "apply", file, "--yes").stdout
    assert "{ n: 2 }" in shown
    assert "3 to" not in shown
    assert "goes" in other_place.rulemint("clients", "list").stdout  # without --prune
    assert other_place.json("clients", "show", "stays")["client_metadata"] == {"plan": "red"}
    assert other_place.json("rules", "show", "a")["version"] == version + 1
    assert [each["name"] for each in other_place.json("secrets", "list", "a")] == ["ONE", "TWO"]
    pruned = done(other_place, "apply", file, "--prune", "--yes").stdout
    assert "delete the client goes" in pruned
    assert "delete secrets of the rule a" in pruned
    assert "goes" not in other_place.rulemint("clients", "list").stdout
    assert [each["name"] for each in other_place.json("secrets", "list", "a")] == ["ONE"]
    assert other_place.json("tenants", "settings")["error_style"] == "auth0"  # what the file does not speak of
    assert done(other_place, "diff", file, "--prune").stdout.startswith("nothing to change: ")
    done(other_place, "apply", written(other_place, settings={}), "--prune", "--yes")


def test_a_failure_in_the_middle_leaves_what_was(other_place: Workplace) -> None:
    first = {"name": "kept", "script": "module.exports = (c, s, a, x, cb) => cb();", "order": 1}
    file = written(
        other_place,
        clients=[{"name": "kept", "client_metadata": {"plan": "gold"}}, {"name": "would go"}],
        rules=[first],
    )
    done(other_place, "apply", file, "--yes")
    before = done(other_place, "export").stdout
    file = written(
        other_place,
        settings={"error_style": "auth0", "kept": {"friendly_name": "Ours"}},
        resource_servers=[{"identifier": "https://new.example.com/"}],
        clients=[{"name": "kept", "client_metadata": {"team": "a"}, "kept": {"sso": True}}, {"name": "new"}],
        client_grants=[{"client": "new", "audience": "https://new.example.com/"}],
        rules=[
            {**first, "script": "module.exports = (c, s, a, x, cb) => cb(null, {});", "secrets": {"A": "${A}"}},
            {"name": "a name that is refused!", "script": "x"},
        ],
    )
    failed = other_place.rulemint("config", "apply", file, "--prune", "--yes", A="1")
    assert failed.returncode == 1
    assert "create the rule a name that is refused!" in failed.stderr
    assert "nothing was changed" in failed.stderr
    assert done(other_place, "export").stdout == before
    emptied(other_place)


def test_the_administrator_is_in_no_file(other_place: Workplace) -> None:
    admin = other_place.admin["client_id"]
    for sections, said in (
        ({"clients": [{"name": "x", "client_id": admin}]}, "clients[0]: x is the administrator"),
        ({"client_grants": [{"client": admin, "audience": "@management"}]}, "leave its grants out"),
        (
            {"resource_servers": [{"identifier": other_place.admin["audience"]}]},
            "a file must not change the management",
        ),
        ({"client_grants": [{"client": "nobody", "audience": "@management"}]}, "there is no client nobody"),
    ):
        refused = other_place.rulemint("config", "apply", written(other_place, **sections), "--yes")
        assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr
    emptied(other_place)
    assert other_place.json("clients", "show", admin)["client_id"] == admin


def test_json_is_for_programs(other_place: Workplace) -> None:
    file = written(other_place, clients=[{"name": "one"}])
    planned = json.loads(done(other_place, "apply", file, "--dry-run", "--json").stdout)
    assert planned["applied"] is False
    assert [(each["change"], each["record"]) for each in planned["changes"]] == [("create", "the client one")]


@pytest.mark.parametrize("format_", ["yaml", "directory"])
def test_an_import_is_applied_and_then_nothing(other_place: Workplace, format_: str) -> None:
    folder = Path(__file__).parents[2] / "fixtures/auth0_exports" / format_
    variables: dict[str, Any] = {"GREETER_WORD": "hello", "PLAN_CLAIM_KEY": "key"}
    first = other_place.rulemint("config", "import-auth0", str(folder), "--apply", "--yes", **variables)
    assert first.returncode == 0, first.stderr
    assert "custom_shade of the client nightly: not taken" in first.stderr
    assert "taken: " in first.stderr
    assert re.search(r"^client_secret  \S{20,}$", first.stdout, re.MULTILINE)
    again = other_place.rulemint("config", "import-auth0", str(folder), "--apply", "--yes", **variables)
    assert again.stdout.startswith("nothing to change: ")
    done(other_place, "apply", written(other_place, settings={}), "--prune", "--yes")
