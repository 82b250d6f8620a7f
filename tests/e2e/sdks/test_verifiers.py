"""An API that verifies tokens with Auth0's own middleware for Express, unchanged."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from fixtures.management import Management
from fixtures.node import NodeFolder

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA", "RS512"])
async def test_express_oauth2_jwt_bearer_takes_tokens_of_every_algorithm(
    management: Management, oauth_folder: NodeFolder, algorithm: str
) -> None:
    client = await management.a_client(signing_alg=algorithm)
    token = (await management.ask(client.request())).body["access_token"]
    shutil.copy(Path(__file__).parent / "jwt_bearer.mjs", oauth_folder.path)
    done = await asyncio.to_thread(
        oauth_folder.run,
        "jwt_bearer.mjs",
        ISSUER=management.admin["issuer"],
        AUDIENCE=client.audience,
        TOKEN=token,
    )
    assert done.returncode == 0, done.stdout
    seen = json.loads(done.stdout)
    assert seen["status"] == 200, seen
    assert seen["body"]["azp"] == client.client_id
