"""Every noun of the command line against a running system."""

from __future__ import annotations

import re

import pytest

from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)


def test_a_client_is_created_shown_changed_and_deleted_by_its_name(workplace: Workplace) -> None:
    made = workplace.json("clients", "create", "CI runner", "--metadata", "plan=gold", "--metadata", "team=a")
    assert len(made["client_secret"]) >= 32
    changed = workplace.json("clients", "update", "CI runner", "--metadata", "plan=", "--set", "description=builds")
    assert (changed["client_metadata"], changed["description"]) == ({"team": "a"}, "builds")
    shown = workplace.json("clients", "show", made["client_id"])
    assert (shown["name"], "client_secret" in shown) == ("CI runner", False)
    assert workplace.json("clients", "delete", "CI runner", "--yes") == {"deleted": made["client_id"]}
    assert "CI runner" not in workplace.rulemint("clients", "list").stdout


def test_an_api_and_a_grant_are_found_by_the_names_of_what_they_are_of(workplace: Workplace) -> None:
    workplace.json(
        "apis", "create", "https://things.example.com/", "--name", "Things", "--scope", "read=Read", "--scope", "w"
    )
    client = workplace.json("clients", "create", "thing reader")["client_id"]
    grant = workplace.json("grants", "create", "--client", "thing reader", "--audience", "Things", "--scope", "read w")
    assert (grant["client_id"], grant["audience"], grant["scope"]) == (
        client,
        "https://things.example.com/",
        ["read", "w"],
    )
    assert workplace.json("grants", "update", client, "--scope", "w")["scope"] == ["w"]
    assert workplace.json("apis", "update", "Things", "--token-lifetime", "60")["token_lifetime"] == 60
    workplace.json("grants", "delete", grant["id"], "--yes")
    workplace.json("apis", "delete", "Things", "--yes")
    workplace.json("clients", "delete", client, "--yes")


def test_a_name_of_two_is_refused_with_the_ids_to_choose_from(workplace: Workplace) -> None:
    ids = [workplace.json("clients", "create", "twin")["client_id"] for _ in range(2)]
    refused = workplace.rulemint("clients", "show", "twin")
    assert refused.returncode == 1
    assert all(client_id in refused.stderr for client_id in ids)
    for client_id in ids:
        workplace.json("clients", "delete", client_id, "--yes")


def test_what_nobody_confirms_is_not_done(workplace: Workplace) -> None:
    for answer, said in (
        ("", "--yes does it"),
        ("n\n", "nothing was changed"),
        ("maybe\n", "nothing was changed"),
    ):
        refused = workplace.rulemint("clients", "delete", "demo-client", stdin=answer)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert said in refused.stderr
    assert workplace.json("clients", "show", "demo-client")["name"] == "Demo client"


def test_a_rule_is_switched_off_and_on_and_put_elsewhere_in_the_flow(workplace: Workplace) -> None:
    assert workplace.json("rules", "disable", "seed")["enabled"] is False
    assert workplace.json("rules", "enable", "seed")["enabled"] is True
    assert workplace.json("rules", "update", "seed", "--order", "7")["order"] == 7
    shown = workplace.rulemint("rules", "show", "seed").stdout
    assert "module.exports = function (client, scope, audience, context, cb) {" in shown.splitlines()


def test_secrets_go_in_by_argument_or_standard_input_and_never_come_out(workplace: Workplace) -> None:
    done = workplace.rulemint("secrets", "set", "seed", "ONE=hunter22", "TWO", stdin="hunter33\n")
    assert done.returncode == 0, done.stderr
    assert [each["name"] for each in workplace.json("secrets", "list", "seed")] == ["FOO", "ONE", "TWO"]
    assert "hunter" not in done.stdout + done.stderr + workplace.rulemint("rules", "show", "seed", "--json").stdout
    unknown = workplace.rulemint("secrets", "delete", "seed", "THREE", "--yes")
    assert (unknown.returncode, "THREE" in unknown.stderr) == (2, True)
    workplace.json("secrets", "delete", "seed", "ONE", "TWO", "--yes")
    assert [each["name"] for each in workplace.json("secrets", "list", "seed")] == ["FOO"]


def test_a_tenant_is_created_and_shown_and_has_settings(workplace: Workplace) -> None:
    made = workplace.json("tenants", "create", "acme", "--host", "acme.example.com", "--host", "acme.local:8080")
    assert made["administrator"]["client_secret"]
    assert workplace.json("tenants", "show", "acme")["hosts"] == ["acme.example.com", "acme.local:8080"]
    assert workplace.json("tenants", "settings", "--set", "error_style=auth0")["error_style"] == "auth0"
    assert workplace.json("tenants", "settings", "--set", "error_style=rfc6749")["error_style"] == "rfc6749"


def test_the_status_names_who_is_alive_and_what_waits(workplace: Workplace) -> None:
    status = workplace.json("status")
    assert (len(status["gateways"]), len(status["runners"]), status["queue_depth"]) == (1, 1, 0)
    assert workplace.rulemint("status").stdout.splitlines()[0] == "gateways  1"


def test_the_demo_is_made_once_and_its_request_goes_to_the_issuer_wherever_it_was_made(workplace: Workplace) -> None:
    done = workplace.rulemint("demo", "--url", f"http://127.0.0.1:{workplace.port}")
    assert done.returncode == 0, done.stderr
    assert f"curl -s {workplace.admin['issuer']}oauth/token" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["clients", "show", "nobody"], 1, "rulemint clients list shows all", id="no such record"),
        pytest.param(["clients", "update", "demo-client"], 2, "give an option", id="nothing to change"),
        pytest.param(["clients", "create", "x", "--set", "name"], 2, "--set FIELD=VALUE", id="a field without a value"),
        pytest.param(
            ["clients", "create", "x", "--set", "colour=1"],
            1,
            "not allowed: colour; --help shows",
            id="a field that does not exist",
        ),
        pytest.param(
            ["rules", "deploy-version", "seed", "9", "--yes"], 1, "; rulemint rules versions", id="no such version"
        ),
        pytest.param(["clients", "create", "x", "--client-id", "demo-client"], 1, "; the list command", id="taken"),
        pytest.param(["clients", "fly"], 2, "fly", id="no such command"),
        pytest.param(["clients", "list", "--url", "localhost"], 2, "https://", id="no address"),
        pytest.param(["clients", "list", "--url", "http://127.0.0.1:9/"], 1, "rulemint dev", id="nobody there"),
        pytest.param(["clients", "list", "--profile", "none"], 1, "rulemint login", id="no such profile"),
    ],
)
def test_what_goes_wrong_is_a_sentence_with_the_next_command_to_try(
    workplace: Workplace, arguments: list[str], code: int, said: str
) -> None:
    done = workplace.rulemint(*arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_text_of_a_record_drives_the_terminal(workplace: Workplace) -> None:
    made = workplace.json("clients", "create", "odd", "--description", "a\x1b[31mred\nline")
    shown = workplace.rulemint("clients", "show", "odd")
    assert "\x1b" not in shown.stdout
    assert "a\\x1b[31mred\\nline" in shown.stdout
    workplace.json("clients", "delete", made["client_id"], "--yes")


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("rulemint rules show s", "seed"),
        ("rulemint clients show demo", "demo-client"),
        ("rulemint logs --rule s", "seed"),
        ("rulemint exchanges list --client demo", "demo-client"),
    ],
)
def test_a_shell_completes_the_names_that_the_system_has(workplace: Workplace, typed: str, completed: str) -> None:
    cursor = str(typed.count(" "))
    done = workplace.process(_RULEMINT_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=cursor)
    assert completed in done.stdout.split()


def test_lists_keep_ids_whole_and_count_many_scopes(workplace: Workplace) -> None:
    rows = {row.split()[2]: row for row in workplace.rulemint("grants", "list").stdout.splitlines()[1:]}
    assert re.search(r" \d\d scopes$", rows[f"http://localhost:{workplace.port}/api/v2/"].rstrip())
    assert rows["https://api.example.com/"].rstrip().endswith(" test")
    (current,) = (row for row in workplace.rulemint("keys", "list").stdout.splitlines() if " current " in row[43:])
    assert len(current.split()[0]) == 43
