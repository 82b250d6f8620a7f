"""Make or remove the demo: an API, a client, a client grant and a rule to try the system with.

The demo is for loopback only, because everybody knows its client secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rulemint_cli.connection.management_api import Admin, RefusedError
from rulemint_cli.connection.nouns import APIS, CLIENTS, RULES, Noun, Record, called, path_of
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.demo_client import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

AUDIENCE = "https://api.example.com/"
RULE_NAME = "seed"

_PLACES_OF_THE_RULE = (
    Path(__file__).with_name("seed.js"),
    Path(__file__).parents[3] / "examples" / "rules" / "seed.js",
)
"""The place in a wheel, and the place in a checkout."""


async def make_demo(admin: Admin) -> None:
    """Make the records of the demo that are missing. Somebody may delete one of them at any time: then it is gone.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    records = _records()
    with admin.bars.show("making the demo", len(records)) as steps:
        for noun, body in records:
            await _make(admin, noun, body)
            steps.done()


async def _make(admin: Admin, noun: str, body: dict[str, Any]) -> None:
    with _gone_is_gone():
        made = await admin.create(noun, body)
        if noun != RULES.path or made is None:
            return
        with _gone_is_gone():
            await admin.create(f"rules/{made['id']}/secrets", {"FOO": "bar"})
        if warning := made.get("warning"):
            with _gone_is_gone():
                await admin.call("DELETE", path_of(RULES, made))  # or the next try would find it, and not deploy it
            raise CommandError(f"the demo has no rule yet: {warning}; then rulemint demo makes it")


@contextmanager
def _gone_is_gone() -> Iterator[None]:
    """Pass over a call about a record that was deleted before it."""
    try:
        yield
    except RefusedError as error:
        if error.status != 404:
            raise


async def find_demo(admin: Admin) -> list[tuple[Noun, Record]]:
    """Return the records of the demo that exist, in the order of removal. Client grants go with their client.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    wanted = [(RULES, "name", RULE_NAME), (CLIENTS, "client_id", DEMO_CLIENT_ID), (APIS, "identifier", AUDIENCE)]
    return [
        (noun, record)
        for noun, field, value in wanted
        for record in await admin.list(noun.path)
        if record[field] == value
    ]


async def remove_demo(admin: Admin, found: list[tuple[Noun, Record]]) -> list[str]:
    """Delete the records that `find_demo` *found*, and return their names.

    Raises:
        CommandError: the system refuses, or does not answer.
    """
    with admin.bars.show("removing the demo", len(found)) as steps:
        for noun, record in found:
            await admin.call("DELETE", path_of(noun, record))
            steps.done()
    return [called(noun, record) for noun, record in found]


def _records() -> list[tuple[str, dict[str, Any]]]:
    """Return the path and the body of each record, in the order of creation."""
    scopes = [
        {"value": "test", "description": "Try things out"},
        {"value": "read:things", "description": "Read things"},
    ]
    client = {
        "name": "Demo client",
        "client_id": DEMO_CLIENT_ID,
        "client_secret": DEMO_CLIENT_SECRET,
        "client_metadata": {"plan": "gold"},
    }
    return [
        ("resource-servers", {"identifier": AUDIENCE, "name": "Demo API", "scopes": scopes}),
        ("clients", client),
        ("client-grants", {"client_id": DEMO_CLIENT_ID, "audience": AUDIENCE, "scope": ["test"]}),
        ("rules", {"name": RULE_NAME, "script": _rule_text(), "clients": [DEMO_CLIENT_ID]}),
    ]


def curl_line(issuer: str) -> str:
    """Return a shell command that asks for a token."""
    return (
        f"curl -s {issuer}oauth/token -H 'Content-Type: application/json' -d '{{\n"
        f'  "client_id": "{DEMO_CLIENT_ID}", "client_secret": "{DEMO_CLIENT_SECRET}",\n'
        f'  "audience": "{AUDIENCE}", "grant_type": "client_credentials"}}\''
    )


def _rule_text() -> str:
    for place in _PLACES_OF_THE_RULE:
        if place.is_file():
            return place.read_text()
    raise CommandError("seed.js, the rule of the demo, is missing from this installation: install Rulemint again")
