"""Turn an export of npm ``auth0-deploy-cli`` into a `Document`, and list what was left out, with reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from rulemint_cli.configuration.auth0 import records
from rulemint_cli.configuration.auth0.export_files import Export, Item, read_files
from rulemint_cli.configuration.auth0.records import Left
from rulemint_cli.configuration.auth0.scripts import rules_of
from rulemint_cli.configuration.document import Client, ClientGrant, Document, ResourceServer, Rule, Settings
from rulemint_cli.configuration.settled import settled
from rulemint_cli.terminal.progress import Steps
from rulemint_shared.wrong_values import WrongValue, in_words

MANAGEMENT_API = "Auth0 Management API"
_TAKEN = {"tenant", "clients", "resourceServers", "clientGrants", "hooks", "actions", "rules", "triggers"}
_ALL_CLIENTS = {"All Applications"}
"""Auth0's client that stands for all clients."""


@dataclass(frozen=True)
class Imported:
    """The document, and one sentence for each thing that was left out."""

    document: Document
    left_out: list[str]


def read_export(folder: Path, steps: Steps) -> Imported:
    """Read the export in *folder*, in either format. *steps* count its files.

    Raises:
        UsageError: there is no export, or one of its files cannot be read.
    """
    export = read_files(folder, steps)
    left_out: list[str] = []

    def left(called: str, reason: str) -> None:
        left_out.append(f"{called}: not taken: {reason}")

    clients = [
        item for item in export.items("clients") if not item.get("global") and item.get("name") not in _ALL_CLIENTS
    ]
    apis = [item for item in export.items("resourceServers") if not _is_management(item)]
    rules = rules_of(export, left)
    document = Document(
        rulemint=1,
        settings=_settings(export, left),
        resource_servers=_typed(apis, records.api, ResourceServer, "API", "identifier", left),
        clients=_typed(clients, records.client, Client, "client", "name", left),
        client_grants=_grants(export, apis, left),
        rules=_typed(rules, lambda rule, _left: rule, Rule, "rule", "name", left),
    )
    for section, value in export.sections.items():
        if section not in _TAKEN and value != []:
            left(section, "Rulemint has nothing like it")
    return Imported(settled(document, management=""), left_out)


def _is_management(api: Item) -> bool:
    return bool(api.get("is_system")) or api.get("name") == MANAGEMENT_API


def _settings(export: Export, left: Left) -> Settings | None:
    item = export.sections.get("tenant")
    if not isinstance(item, dict):
        return None
    found = _typed([item], records.settings, Settings, "settings", "friendly_name", left)
    return found[0] if found else None


def _grants(export: Export, apis: list[Item], left: Left) -> list[ClientGrant]:
    """Return the grants for exported APIs, without Auth0's management API, because its scopes differ from ours."""
    known = {api.get("identifier") for api in apis}
    taken = []
    for item in export.items("clientGrants"):
        called = f"client grant of {item.get('client_id')} for {item.get('audience')}"
        if item.get("audience") not in known:
            left(called, "the API is not in the export")
        elif item.get("subject_type", "client") != "client":
            left(called, "it is for users, but Rulemint's tokens are for machines only")
        else:
            taken.append(item)
    return _typed(taken, records.grant, ClientGrant, "client grant of", "client_id", left)


def _typed(
    items: list[Item], read: Callable[[Item, Left], Item], kind: type[Any], word: str, name: str, left: Left
) -> list[Any]:
    found = []
    for item in items:
        try:
            found.append(msgspec.convert(read(item, left), kind))
        except msgspec.ValidationError as error:
            wrong = WrongValue.of(error)
            place = f"{wrong.field}: " if wrong.field else ""
            left(f"{word} {item.get(name)}", f"{place}{in_words(wrong, kind=kind)}")
        except (AttributeError, TypeError):
            left(f"{word} {item.get(name)}", "it does not look as auth0-deploy-cli writes it")
    return found
