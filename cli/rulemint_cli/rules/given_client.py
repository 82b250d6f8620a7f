"""Read the client of ``--client``: an id or name of the tenant, or a client that need not exist, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rulemint_cli.connection.management_api import RefusedError
from rulemint_cli.connection.nouns import CLIENTS, find, path_of
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.cases.format import TEST_AUDIENCE, TestClient

if TYPE_CHECKING:
    from rulemint_cli.connection.management_api import Admin

NOT_FOUND = 404
EXAMPLE = """'{"metadata": {"plan": "gold"}}'"""


def given_client(text: str) -> str | TestClient:
    """Return the client that *text* stands for.

    Raises:
        UsageError: it begins as JSON, and is no client.
    """
    if not text.lstrip().startswith("{"):
        return text
    try:
        return msgspec.json.decode(text, type=TestClient)
    except msgspec.ValidationError as error:
        raise UsageError(f"--client: a client has id, name and metadata, which are texts: {EXAMPLE}") from error
    except msgspec.DecodeError as error:
        raise UsageError(f"--client: this is not JSON: write an id or a name, or a client such as {EXAMPLE}") from error


async def client_fields(admin: Admin, client: str | TestClient) -> dict[str, Any]:
    """Return *client* as a trial takes it. A test client comes with an audience, because it has no client grant.

    Raises:
        NotThereError: no client of the tenant has this id or name, or several have the name.
        CommandError: the system refuses otherwise, or does not answer.
    """
    if isinstance(client, TestClient):
        return {"client": msgspec.to_builtins(client), "audience": TEST_AUDIENCE}
    return {"client": await _id_of(admin, client)}


async def _id_of(admin: Admin, client: str) -> str:
    """Ask for the id first, because there may be many thousands of names."""
    try:
        found = await admin.call("GET", path_of(CLIENTS, {CLIENTS.id: client}))
    except RefusedError as error:
        if error.status != NOT_FOUND:
            raise
        found = await find(admin, CLIENTS, client)
    return str(found[CLIENTS.id])
