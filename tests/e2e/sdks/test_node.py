"""The `auth0` SDK for Node, unchanged, against a running system (docs/auth0-facts.md §5.7)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fixtures.node import NodeFolder

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def seen(https_system: Any, sdk_folder: NodeFolder) -> dict[str, Any]:
    shutil.copy(Path(__file__).parent / "node_sdk.mjs", sdk_folder.path)
    done = sdk_folder.run(
        "node_sdk.mjs",
        DOMAIN=https_system.domain,
        CLIENT_ID=https_system.client_id,
        CLIENT_SECRET=https_system.client_secret,
        NODE_EXTRA_CA_CERTS=str(https_system.authority),
    )
    assert done.returncode == 0, done.stdout
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_client_is_created_changed_read_and_listed(seen: dict[str, Any]) -> None:
    assert seen["client"][0]["description"] == "changed"
    assert "made by Node" in seen["clients"]


def test_an_api_is_created_changed_read_and_listed(seen: dict[str, Any]) -> None:
    assert [scope["value"] for scope in seen["resourceServer"][0]["scopes"]] == ["read", "write"]
    assert "https://node.example.com/" in seen["resourceServers"]


def test_a_client_grant_is_created_changed_and_listed(seen: dict[str, Any]) -> None:
    assert seen["clientGrant"] == [["read", "write"]]


def test_a_hook_is_created_changed_read_and_listed_with_its_secrets(seen: dict[str, Any]) -> None:
    hook, secrets = seen["hook"]
    assert hook["enabled"]
    assert secrets == {"KEY": "_VALUE_NOT_SHOWN_"}
    assert seen["hooks"] == ["node hook"]


def test_an_action_is_created_changed_deployed_bound_and_listed(seen: dict[str, Any]) -> None:
    action = seen["action"][0]
    assert action["all_changes_deployed"]
    assert [secret["name"] for secret in action["secrets"]] == ["KEY"]
    assert seen["actions"] == ["node action"]
    assert seen["versions"] == [2, 1]
    assert seen["bindings"] == ["bound"]


def test_what_is_deleted_is_gone(seen: dict[str, Any]) -> None:
    assert seen["deleted"] == {"client": 404, "resourceServer": 404, "clientGrants": 0, "hook": 404, "action": 404}
