"""Which system the command line speaks to: logged in to, found from the folder, or told by the environment."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from fixtures.workplace import Workplace

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with no system in it or above it."""
    return tmp_path


def test_a_login_is_tried_then_kept_for_its_user_only_and_used_from_then_on(
    workplace: Workplace, elsewhere: Path
) -> None:
    config = {"XDG_CONFIG_HOME": str(elsewhere / "config")}
    arguments = ["login", "--url", f"http://localhost:{workplace.port}", "--client-id", workplace.admin["client_id"]]
    wrong = workplace.rulemint(*arguments, stdin="wrong\n", folder=elsewhere, **config)
    assert (wrong.returncode, "rulemint login" in wrong.stderr) == (1, True)
    assert not (elsewhere / "config").exists()

    secret = workplace.admin["client_secret"]
    done = workplace.rulemint(*arguments, "--profile", "here", stdin=f"{secret}\n", folder=elsewhere, **config)
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    stored = elsewhere / "config/rulemint/profiles.json"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    clients = workplace.json("clients", "list", folder=elsewhere, **config)
    assert "demo-client" in {client["client_id"] for client in clients}

    listed = workplace.rulemint("profiles", "list", folder=elsewhere, **config)
    assert f"http://localhost:{workplace.port}/" in listed.stdout
    assert secret not in listed.stdout
    assert workplace.rulemint("profiles", "remove", "here", "--yes", folder=elsewhere, **config).returncode == 0
    assert secret not in stored.read_text()


def test_an_admin_file_is_a_login_too_and_https_needs_its_authority(workplace: Workplace, elsewhere: Path) -> None:
    config = {"XDG_CONFIG_HOME": str(elsewhere / "config")}
    arguments = [
        "login",
        "--admin-file",
        str(workplace.folder / ".rulemint/admin.json"),
        "--url",
        f"https://{workplace.admin['tls_domain']}",
    ]
    strange = workplace.process(*arguments, folder=elsewhere, **config)
    assert (strange.returncode, "SSL_CERT_FILE" in strange.stderr) == (1, True)
    trusting = {**config, "SSL_CERT_FILE": str(workplace.authority)}
    assert workplace.process(*arguments, folder=elsewhere, **trusting).returncode == 0
    assert workplace.json("profiles", "list", folder=elsewhere, **config)[0]["url"].startswith("https://")
    listed = workplace.process("rules", "list", folder=elsewhere, **trusting)
    assert "seed" in listed.stdout


def test_the_system_of_a_folder_is_found_from_below_it(workplace: Workplace) -> None:
    below = workplace.folder / "rules/of/mine"
    below.mkdir(parents=True, exist_ok=True)
    assert workplace.json("rules", "list", folder=below)[0]["name"] == "seed"


def test_without_any_system_the_way_to_one_is_said(workplace: Workplace, elsewhere: Path) -> None:
    lost = workplace.rulemint("clients", "list", folder=elsewhere, XDG_CONFIG_HOME=str(elsewhere))
    assert lost.returncode == 1
    assert "rulemint dev" in lost.stderr
    assert "rulemint login --url" in lost.stderr


def test_ci_says_it_all_with_variables(workplace: Workplace, elsewhere: Path) -> None:
    variables = {
        "XDG_CONFIG_HOME": str(elsewhere),
        "RULEMINT_URL": f"http://127.0.0.1:{workplace.port}",
        "RULEMINT_CLIENT_ID": workplace.admin["client_id"],
        "RULEMINT_CLIENT_SECRET": workplace.admin["client_secret"],
    }
    assert workplace.json("rules", "list", folder=elsewhere, **variables)[0]["name"] == "seed"
    del variables["RULEMINT_URL"]
    incomplete = workplace.rulemint("rules", "list", folder=elsewhere, **variables)
    assert (incomplete.returncode, "RULEMINT_URL" in incomplete.stderr) == (2, True)


def test_a_token_is_had_with_a_secret_that_is_not_on_the_command_line(workplace: Workplace) -> None:
    asked = ["token", "--client", "demo-client", "--audience", "https://api.example.com/"]
    secret = "demo-secret-not-for-production"
    claims = workplace.json(*asked, "--decode", "--scope", "test", RULEMINT_CLIENT_SECRET=secret)
    assert (claims["scope"], claims["https://foo.com/claim"]) == ("test extra", "bar")
    token = workplace.rulemint(*asked, stdin=f"{secret}\n").stdout.strip()
    assert token.count(".") == 2
    assert workplace.json(*asked, stdin=f"{secret}\n")["token_type"] == "Bearer"
    refused = workplace.rulemint(*asked, stdin="wrong\n")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "invalid_client" in refused.stderr
    none = workplace.rulemint(*asked)
    assert (none.returncode, "RULEMINT_CLIENT_SECRET" in none.stderr) == (2, True)


def test_without_a_client_the_token_is_one_s_own_for_the_management_api(workplace: Workplace) -> None:
    claims = workplace.json("token", "--decode")
    assert claims["aud"] == workplace.admin["audience"]
    assert json.dumps(claims).count("read:clients") == 1
