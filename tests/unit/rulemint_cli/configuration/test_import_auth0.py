"""What npm auth0-deploy-cli exports becomes ours, the same in both of its formats; what cannot is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rulemint_cli.configuration.auth0 import records
from rulemint_cli.configuration.auth0.importing import read_export
from rulemint_cli.configuration.auth0.remarks import still_to_do, taken
from rulemint_cli.configuration.document import Client, ClientGrant, Document, Rule, plain
from rulemint_cli.configuration.reading import read_document
from rulemint_cli.configuration.writing import write
from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.progress import Steps

EXPORTS = Path(__file__).parents[3] / "fixtures/auth0_exports"
FORMATS = ["yaml", "directory"]


@pytest.mark.parametrize("form", FORMATS)
def test_an_export_becomes_a_document(form: str) -> None:
    document = read_export(EXPORTS / form, Steps()).document
    action, hook = (plain(rule) for rule in reversed(document.rules))
    assert hook.pop("script").startswith("module.exports")
    assert hook == {"name": "greeter", "language": "javascript", "order": 1, "secrets": {"WORD": "${GREETER_WORD}"}}
    assert "onExecuteCredentialsExchange" in action.pop("script")
    assert action == {
        "name": "plan claim",
        "language": "javascript",
        "order": 2,
        "secrets": {"KEY": "${PLAN_CLAIM_KEY}"},
    }
    plainly = plain(document)
    assert plainly["settings"] == {
        "default_audience": "https://reports.example/",
        "kept": {"friendly_name": "Acme"},
    }
    assert plainly["resource_servers"] == [
        {
            "identifier": "https://reports.example/",
            "name": "Reports",
            "scopes": [{"value": "read", "description": "Read reports"}, {"value": "write"}],
            "token_lifetime": 3600,
        }
    ]
    assert plainly["clients"] == [
        {"name": "nightly", "client_metadata": {"plan": "gold"}, "kept": {"jwt_configuration": {"alg": "RS256"}}},
        {"name": "signs itself"},
    ]
    assert plainly["client_grants"] == [
        {"client": "nightly", "audience": "https://reports.example/", "scope": ["read"]}
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_a_tenant_without_a_default_audience_gets_none(tmp_path: Path, form: str) -> None:
    """It would hand tokens for the management API to clients that forget their audience."""
    shutil.copytree(EXPORTS / form, tmp_path / form)
    for file in (tmp_path / form).glob("tenant.*"):
        text = file.read_text().replace('"https://reports.example/"', '""', 1)
        file.write_text(text.replace("default_audience: https://reports.example/", 'default_audience: ""'))
    settings = plain(read_export(tmp_path / form, Steps()).document)["settings"]
    assert settings == {"kept": {"friendly_name": "Acme"}}


@pytest.mark.parametrize("form", FORMATS)
def test_what_could_not_be_taken_is_named_with_the_reason(form: str) -> None:
    left = read_export(EXPORTS / form, Steps()).left_out
    for said in (
        "hook signups: not taken: its trigger is pre-user-registration",
        "action after login: not taken: its trigger is post-login",
        "rule Add email: not taken: it ran at logins",
        "##STAGE## in the action plan claim: not taken: put the value that auth0-deploy-cli would insert",
        "custom_shade of the client nightly: not taken: Rulemint has no such field",
        "private_key_jwt of the client signs itself: not taken: clients prove who they are by a client secret",
        "colour_of_login of the settings: not taken: Rulemint has no such field",
        "client grant of nightly for https://acme.eu.auth0.com/api/v2/: not taken: the API is not in the export",
    ):
        assert any(line.startswith(said) for line in left), said
    assert any(line.startswith(("connections: not taken", "database-connections: not taken")) for line in left)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_is_a_configuration_of_ours(form: str, tmp_path: Path) -> None:
    document = read_export(EXPORTS / form, Steps()).document
    files = write(document, tmp_path / "tenant.yaml")
    assert [str(file.relative_to(tmp_path)) for file in files] == [
        "rules/greeter.js",
        "rules/plan-claim.js",
        "tenant.yaml",
    ]
    assert read_document(tmp_path / "tenant.yaml") == document


def test_a_script_outside_of_the_export_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.js").write_text("module.exports = 1")
    (tmp_path / "in").mkdir()
    (tmp_path / "in/tenant.yaml").write_text(
        "hooks:\n  - {name: a, triggerId: credentials-exchange, script: ../secret.js}\n"
    )
    imported = read_export(tmp_path / "in", Steps())
    assert imported.document.rules == []
    assert imported.left_out == ["hook a: not taken: its script ../secret.js does not exist"]


def test_a_folder_that_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has neither"):
        read_export(tmp_path, Steps())


def test_a_secret_of_an_addon_is_left_out_and_named() -> None:
    left: list[str] = []
    item = {"name": "shop", "addons": {"azure_blob": {"accountName": "a", "storageAccessKey": "k"}}}
    taken = records.client(item, lambda what, why: left.append(f"{what}: {why}"))
    assert taken["kept"] == {"addons": {"azure_blob": {"accountName": "a"}}}
    assert left == ["addons.azure_blob.storageAccessKey of the client shop: a secret that Rulemint does not need"]


def test_what_is_still_to_do_is_said_in_sentences_that_work_when_pasted() -> None:
    call = "module.exports = (c, s, a, x, cb) => fetch('https://api.partner.example/v1').then(() => cb(null, {}));"
    claim = "api.accessToken.setCustomClaim('x'); token['https://claims.example/plan'] = 1;"
    document = Document(
        rulemint=1,
        clients=[
            Client(name="able", client_id="able"),
            Client(name="web", grant_types=["authorization_code"]),
            Client(name="public", token_endpoint_auth_method="none"),  # no password
            Client(name="alone"),
        ],
        client_grants=[ClientGrant(client="able", audience="https://api/")],
        rules=[Rule(name="calls out", script=f"{call}\n{claim}", secrets={"KEY": "${CALLS_KEY}"})],
    )
    assert taken(document) == "taken: 4 clients, 0 APIs, 1 client grant, 1 rule"
    secrets, hosts, *others = still_to_do(document)
    assert secrets.endswith(": CALLS_KEY")
    assert hosts.endswith("rulemint rules update 'calls out' --allow-host api.partner.example")
    assert [each.partition(" can get no token: ")[0] for each in others] == [
        "the client web", "the client public", "the client alone"
    ]  # fmt: skip
