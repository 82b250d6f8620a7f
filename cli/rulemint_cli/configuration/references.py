"""Resolve names of clients and APIs: a file may use names or ids, a plan uses ids, an export uses names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from rulemint_cli.configuration.document import MANAGEMENT, Client, ClientGrant, Document, Rule
from rulemint_cli.terminal.errors import UsageError
from rulemint_shared.cases.format import Case

if TYPE_CHECKING:
    from rulemint_cli.configuration.present import Present


def with_ids(document: Document, present: Present, *, prune: bool, new_id: Callable[[], str]) -> Document:
    """Return *document* with every client named by its client_id. A new client without one gets one.

    Args:
        document: A settled document.
        present: The tenant as it is now.
        prune: Whether records that the document does not have will be deleted.
        new_id: Makes an id that no client has.

    Raises:
        UsageError: the document names a client or an API that does not exist, is ambiguous, or must not change.
    """
    clients = [_with_id(client, index, present, new_id) for index, client in enumerate(document.clients)]
    kept = {} if prune else present.client_names
    names = {**kept, **{client.client_id or "": client.name for client in clients}}
    identified = replace(
        document,
        clients=clients,
        client_grants=[
            _grant_with_id(grant, f"client_grants[{index}]", names, present)
            for index, grant in enumerate(document.client_grants)
        ],
        rules=[_rule_with_ids(rule, f"rules[{index}]", names) for index, rule in enumerate(document.rules)],
    )
    _check_apis(identified, present, prune=prune)
    return identified


def with_names(document: Document, client_names: Mapping[str, str]) -> Document:
    """Return *document* with every client named by its name, if no other client has that name."""
    grants = [replace(grant, client=_name_of(grant.client, client_names)) for grant in document.client_grants]
    return replace(
        document,
        client_grants=sorted(grants, key=lambda grant: (grant.client, grant.audience)),
        rules=[
            replace(
                rule,
                clients=[_name_of(client, client_names) for client in rule.clients],
                cases=[_case_of(case, lambda client: _name_of(client, client_names)) for case in rule.cases],
            )
            for rule in document.rules
        ],
    )


def _with_id(client: Client, index: int, present: Present, new_id: Callable[[], str]) -> Client:
    where = f"clients[{index}]"
    if client.client_id is None:
        ids = [known for known, name in present.client_names.items() if name == client.name]
        if len(ids) > 1:
            raise UsageError(f"{where}: {len(ids)} clients are called {client.name}: give the client_id")
        client = replace(client, client_id=ids[0] if ids else new_id())
    if client.client_id in present.protected:
        raise UsageError(f"{where}: {client.name} is the administrator, which a file must not change: leave it out")
    return client


def _grant_with_id(grant: ClientGrant, where: str, names: Mapping[str, str], present: Present) -> ClientGrant:
    ids = list(_meant(grant.client, names))
    if not ids:
        raise UsageError(f"{where}.client: there is no client {grant.client}: list it under clients")
    if len(ids) > 1:
        raise UsageError(f"{where}.client: {len(ids)} clients are called {grant.client}: give the client_id")
    if ids[0] in present.protected:
        raise UsageError(f"{where}.client: {grant.client} is the administrator: leave its grants out")
    return replace(grant, client=ids[0])


def _rule_with_ids(rule: Rule, where: str, names: Mapping[str, str]) -> Rule:
    """Resolve the clients of a rule and of its cases. An unknown client is allowed: it may be created later."""
    ids = [_id_of(client, f"{where}.clients[{index}]", names) for index, client in enumerate(rule.clients)]
    cases = []
    for index, case in enumerate(rule.cases):
        id_of = partial(_id_of, where=f"{where}.cases[{index}].client", names=names)
        cases.append(_case_of(case, id_of))
    return replace(rule, clients=ids, cases=cases)


def _id_of(client: str, where: str, names: Mapping[str, str]) -> str:
    meant = list(_meant(client, names))
    if len(meant) > 1:
        raise UsageError(f"{where}: {len(meant)} clients are called {client}: give the client_id")
    return meant[0] if meant else client


def _case_of(case: Case, spelled: Callable[[str], str]) -> Case:
    return replace(case, client=spelled(case.client)) if isinstance(case.client, str) else case


def _meant(client: str, names: Mapping[str, str]) -> Iterator[str]:
    if client in names:
        yield client
    else:
        yield from (known for known, name in names.items() if name == client)


def _name_of(client_id: str, names: Mapping[str, str]) -> str:
    name = names.get(client_id)
    return name if name and list(_meant(name, names)) == [client_id] else client_id


def _check_apis(document: Document, present: Present, *, prune: bool) -> None:
    there = [] if prune else present.document.resource_servers
    scopes = {api.identifier: {scope.value for scope in api.scopes} for api in [*there, *document.resource_servers]}
    for index, api in enumerate(document.resource_servers):
        if api.identifier in {MANAGEMENT, present.management}:
            raise UsageError(f"resource_servers[{index}]: a file must not change the management API: leave it out")
    for index, grant in enumerate(document.client_grants):
        if grant.audience == MANAGEMENT:
            continue
        where = f"client_grants[{index}]"
        if grant.audience not in scopes:
            raise UsageError(f"{where}.audience: there is no API {grant.audience}: list it under resource_servers")
        unknown = [scope for scope in grant.scope if scope not in scopes[grant.audience]]
        if unknown:
            wanted = " ".join(unknown)
            raise UsageError(f"{where}.scope: {grant.audience} does not define {wanted}: list it under its scopes")
    audience = document.settings.default_audience if document.settings else ""
    if audience and audience != MANAGEMENT and audience not in scopes:
        raise UsageError(f"settings.default_audience: there is no API {audience}: list it under resource_servers")
