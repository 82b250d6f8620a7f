"""The real `auth0-deploy-cli`: a tenant as a file, imported and exported (docs/auth0-facts.md §5.6)."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.node import NodeFolder

pytestmark = pytest.mark.timeout(300)

TENANT = {
    "clients": [{"name": "deployed client", "app_type": "non_interactive", "grant_types": ["client_credentials"]}],
    "resourceServers": [
        {"name": "deployed API", "identifier": "https://deployed.example.com/", "scopes": [{"value": "read"}]}
    ],
    "clientGrants": [{"client_id": "deployed client", "audience": "https://deployed.example.com/", "scope": ["read"]}],
    "hooks": [
        {
            "name": "deployed-hook",
            "script": "./hook.js",
            "enabled": True,
            "triggerId": "credentials-exchange",
            "dependencies": {},
            "secrets": {"KEY": "one"},
        }
    ],
    "actions": [
        {
            "name": "deployed-action",
            "code": "./action.js",
            "runtime": "node22",
            "deployed": True,
            "dependencies": [],
            "secrets": [{"name": "KEY", "value": "one"}],
            "supported_triggers": [{"id": "credentials-exchange", "version": "v2"}],
        }
    ],
    "triggers": {"credentials-exchange": [{"action_name": "deployed-action", "display_name": "deployed-action"}]},
}
KINDS = Path(__file__).with_name("kinds_of_a_test.cjs")
HOOK = "module.exports = (client, scope, audience, context, cb) => cb(null, { scope });\n"
ACTION = "exports.onExecuteCredentialsExchange = async (event, api) => {};\n"


class DeployCli:
    """One configuration of it."""

    def __init__(self, system: Any, folder: NodeFolder) -> None:
        self._system = system
        self._folder = folder

    def run(self, *arguments: str | Path) -> str:
        done = self._folder.run(
            "--require",
            KINDS,
            "node_modules/auth0-deploy-cli/lib/index.js",
            *arguments,
            AUTH0_DOMAIN=self._system.domain,
            AUTH0_CLIENT_ID=self._system.client_id,
            AUTH0_CLIENT_SECRET=self._system.client_secret,
            AUTH0_INCLUDED_ONLY=json.dumps([*TENANT]),
            NODE_EXTRA_CA_CERTS=str(self._system.authority),
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def import_file(self, file: Path) -> None:
        self.run("import", "--input_file", file)

    def export_to(self, folder: Path) -> dict[str, str]:
        self.run("export", "--format", "yaml", "--output_folder", folder)
        return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


@pytest.fixture
def deploy_cli(https_system: Any, sdk_folder: NodeFolder) -> DeployCli:
    return DeployCli(https_system, sdk_folder)


@pytest.fixture
def tenant_file(tmp_path: Path) -> Path:
    (tmp_path / "hook.js").write_text(HOOK)
    (tmp_path / "action.js").write_text(ACTION)
    (tmp_path / "tenant.yaml").write_text(json.dumps(TENANT))  # YAML, too
    return tmp_path / "tenant.yaml"


def test_what_was_imported_is_exported_and_changes_nothing_when_it_is_imported_again(
    https_system: Any, deploy_cli: DeployCli, tenant_file: Path, tmp_path: Path
) -> None:
    deploy_cli.import_file(tenant_file)
    kept, exported = records(https_system), deploy_cli.export_to(tmp_path / "exported")
    assert exported["hooks/deployed-hook.js"] == HOOK
    assert exported["actions/deployed-action/code.js"] == ACTION
    for name in ("deployed client", "deployed API", "https://deployed.example.com/"):
        assert name in exported["tenant.yaml"]

    deploy_cli.import_file(tmp_path / "exported" / "tenant.yaml")
    assert records(https_system) == kept


def records(system: Any) -> dict[str, Any]:
    """Everything that the management API shows of the tenant; a rule has the number of its version."""
    base = f"https://{system.domain}/"
    asked = {"grant_type": "client_credentials", "client_id": system.client_id, "client_secret": system.client_secret}
    with httpx.Client(base_url=base, verify=ssl.create_default_context(cafile=str(system.authority))) as http:
        token = http.post("oauth/token", data={**asked, "audience": f"{base}api/v2/"}).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        return {
            noun: http.get(f"api/v2/{noun}").json()
            for noun in ("clients", "resource-servers", "client-grants", "rules")
        }
