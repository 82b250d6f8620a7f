"""The plan is a pure function: what it says is enough, and after it there is nothing left to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from rulemint_cli.configuration.document import (
    MANAGEMENT,
    Client,
    ClientGrant,
    Document,
    Limits,
    ResourceServer,
    Rule,
    Scope,
    Settings,
)
from rulemint_cli.configuration.plan import Change, plan, records_of
from rulemint_cli.configuration.present import key_of
from rulemint_cli.configuration.settled import settled
from rulemint_shared.contract.records import ErrorStyle, Language, SigningAlgorithm

HERE = "https://here.example/api/v2/"
names = st.sampled_from(["a", "b", "c", "d"])
kept = st.dictionaries(
    st.sampled_from(["sso", "app_type", "is_first_party"]), st.sampled_from([None, True, "non_interactive", {"x": [1]}])
)
audiences = st.sampled_from(["https://a/", "https://b/", HERE, MANAGEMENT])
apis = st.builds(
    ResourceServer,
    identifier=st.sampled_from(["https://a/", "https://b/"]),
    name=st.sampled_from(["", "https://a/", "A"]),
    scopes=st.lists(st.builds(Scope, value=names, description=names), max_size=2, unique_by=lambda scope: scope.value),
    signing_alg=st.sampled_from(SigningAlgorithm),
    token_lifetime=st.sampled_from([60, 86_400]),
    kept=st.sampled_from([{}, {"allow_offline_access": False}, {"allow_offline_access": True}]),
)
clients = st.builds(
    Client,
    name=names,
    client_id=names,
    client_metadata=st.dictionaries(names, names),
    grant_types=st.sampled_from([None, [], ["client_credentials"], ["password"]]),
    client_secret=st.sampled_from([None, "${A}"]),
    kept=kept,
)
grants = st.builds(ClientGrant, client=names, audience=audiences, scope=st.lists(names), allow_all_scopes=st.booleans())
rules = st.builds(
    Rule,
    name=names,
    script=names,
    language=st.sampled_from(Language),
    order=st.none() | st.integers(0, 3),
    enabled=st.booleans(),
    limits=st.builds(Limits, timeout_s=st.sampled_from([None, 1.0])),
    clients=st.lists(names),
    audiences=st.lists(audiences),
    secrets=st.dictionaries(names, st.just("${A}")),
)
settings = st.builds(Settings, error_style=st.sampled_from(ErrorStyle), default_audience=audiences)


def once(records: Any) -> Any:
    """A list that knows each of its records by one key, also after it was settled."""
    return st.lists(records, max_size=4, unique_by=lambda record: key_of(record).replace(HERE, MANAGEMENT))


documents = st.builds(
    Document,
    rulemint=st.just(1),
    settings=st.none() | settings,
    resource_servers=once(apis),
    clients=once(clients),
    client_grants=once(grants),
    rules=once(rules),
).map(lambda document: settled(document, management=HERE))


def as_present(document: Document) -> Document:
    """As a system has it: with settings, and every rule somewhere."""
    rules = [replace(rule, order=rule.order or 0) for rule in document.rules]
    return replace(document, settings=document.settings or Settings(), rules=rules)


def after(present: Document, changes: Sequence[Change]) -> Document:
    """What a system has when it has done what it was told."""
    sections = {}
    for section in ("settings", "resource_servers", "clients", "client_grants", "rules"):
        records = {key_of(record): record for record in records_of(present, section)}
        for change in changes:
            if change.section == section:
                records.pop(change.key, None)
                if change.after is not None:
                    records[change.key] = change.after
        sections[section] = list(records.values())
    settings = sections.pop("settings")[0]
    return as_present(replace(present, settings=settings, **sections))


@given(documents, documents, st.booleans())
def test_applied_twice_it_changes_nothing_the_second_time(wanted: Document, present: Document, prune: bool) -> None:
    present = as_present(present)
    first = plan(wanted, present, prune=prune)
    assert plan(wanted, after(present, first), prune=prune) == []


@given(documents, documents)
def test_what_was_exported_brings_everything_back(exported: Document, present: Document) -> None:
    exported, present = as_present(exported), as_present(present)
    back = after(present, plan(exported, present, prune=True))
    assert plan(exported, back, prune=True) == []
    for section in ("resource_servers", "clients", "client_grants", "rules"):
        assert {key_of(each) for each in records_of(back, section)} == {
            key_of(each) for each in records_of(exported, section)
        }


@given(documents, documents)
def test_without_prune_nothing_is_deleted(wanted: Document, present: Document) -> None:
    assert not [change for change in plan(wanted, as_present(present), prune=False) if change.is_deletion]


@given(documents, documents)
def test_deletions_come_last_and_what_others_name_is_made_first(wanted: Document, present: Document) -> None:
    changes = plan(wanted, as_present(present), prune=True)
    deleted = [change.is_deletion for change in changes]
    assert deleted == sorted(deleted)
    made = [change.section for change in changes if not change.is_deletion]
    order = ["resource_servers", "clients", "settings", "client_grants", "rules"]
    assert made == sorted(made, key=order.index)


def test_a_secret_that_is_there_is_no_change_and_a_new_one_is() -> None:
    rule = Rule(name="a", script="x", language=Language.JAVASCRIPT, order=1, secrets={"OLD": "${A_OLD}"})
    present = Document(rulemint=1, rules=[rule])
    wanted = Document(rulemint=1, rules=[replace(rule, order=None, secrets={"OLD": "${OTHER}", "NEW": "${NEW}"})])
    [change] = plan(wanted, present, prune=False)
    assert (change.fields, change.new_secrets, change.lost_secrets) == ({}, {"NEW": "${NEW}"}, [])
