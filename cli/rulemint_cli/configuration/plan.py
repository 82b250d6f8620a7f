"""Plan the changes that make a system as a file has it. The plan is a pure function of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from rulemint_cli.configuration.document import (
    Client,
    Document,
    Part,
    ResourceServer,
    Rule,
    plain,
    plain_value,
)
from rulemint_cli.configuration.present import key_of
from rulemint_shared.cases.differences import is_equal

SECTIONS = ("resource_servers", "clients", "settings", "client_grants", "rules")
"""In the order of creation, so that records come before those that name them. Deletions go the other way round."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One record that is created, changed or deleted."""

    section: str
    before: Part | None
    """None: the record is created."""
    after: Part | None
    """None: the record is deleted."""

    @property
    def key(self) -> str:
        """Return the key that identifies the record in its section."""
        record = self.after if self.after is not None else self.before
        return "" if record is None else key_of(record)

    @property
    def is_deletion(self) -> bool:
        """Tell whether the change deletes something that could not be restored as it was."""
        return self.after is None or bool(self.lost_secrets)

    @property
    def new_secrets(self) -> dict[str, str]:
        """Return the new secrets of a rule, as references to the environment."""
        known = self.before.secrets if isinstance(self.before, Rule) else {}
        after = self.after.secrets if isinstance(self.after, Rule) else {}
        return {name: reference for name, reference in after.items() if name not in known}

    @property
    def lost_secrets(self) -> list[str]:
        """Return the names of the secrets that are deleted from a rule that stays."""
        if not isinstance(self.before, Rule) or not isinstance(self.after, Rule):
            return []
        return [name for name in self.before.secrets if name not in self.after.secrets]

    @property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """Return the fields that differ, with their old and new values, but without secrets."""
        old, new = _plain(self.before, self.after), _plain(self.after, self.before)
        names = list(dict.fromkeys([*new, *old]))
        return {name: (old.get(name), new.get(name)) for name in names if not is_equal(old.get(name), new.get(name))}


def plan(wanted: Document, present: Document, *, prune: bool) -> list[Change]:
    """Return the changes from *present* to *wanted*, in the order in which they can be made.

    Both documents are settled, and name clients by their ids. With *prune*, the records that *wanted* does not have are
    deleted, last.
    """
    made = [change for section in SECTIONS for change in _made(section, wanted, present)]
    if not prune:
        return made
    lost = [change for section in reversed(SECTIONS) for change in _lost(section, wanted, present)]
    return [*made, *lost]


def records_of(document: Document, section: str) -> Sequence[Part]:
    """Return the records of one section."""
    if section == "settings":
        return [] if document.settings is None else [document.settings]
    records: Sequence[Part] = getattr(document, section)
    return records


def _made(section: str, wanted: Document, present: Document) -> list[Change]:
    known = {key_of(record): record for record in records_of(present, section)}
    changes = []
    for record in records_of(wanted, section):
        before = known.get(key_of(record))
        after = record if before is None else _kept_as_it_is(record, before)
        change = Change(section=section, before=before, after=after)
        if before is None or change.fields or change.new_secrets:
            changes.append(change)
    return changes


def _kept_as_it_is(record: Part, before: Part) -> Part:
    """Return *record* with the values that a file leaves to the system: a rule's place, and secrets that it has."""
    if isinstance(record, Rule) and isinstance(before, Rule):
        order = before.order if record.order is None else record.order
        return replace(record, order=order, secrets={**before.secrets, **record.secrets})
    return record


def _lost(section: str, wanted: Document, present: Document) -> list[Change]:
    if section == "settings":
        return []
    known = {key_of(record): record for record in records_of(wanted, section)}
    changes = []
    for before in records_of(present, section):
        after = known.get(key_of(before))
        if after is None:
            changes.append(Change(section=section, before=before, after=None))
        elif isinstance(after, Rule) and isinstance(before, Rule) and before.secrets.keys() - after.secrets.keys():
            made = _kept_as_it_is(after, before)
            changes.append(Change(section=section, before=made, after=replace(made, secrets=after.secrets)))
    return changes


def _plain(record: Part | None, other: Part | None) -> dict[str, Any]:
    """Return the fields by which two records are compared. Those of *kept* are among the others."""
    match record:
        case None:
            return {}
        case ResourceServer():
            record = replace(record, signing_secret=None)
        case Client():
            record = replace(record, client_secret=None)
        case Rule():
            record = replace(record, secrets={})
        case _:
            pass
    if other is None:
        fields = plain(record)
    else:
        fields = {name: plain_value(getattr(record, name)) for name in record.__struct_fields__}
    kept = fields.pop("kept", {})
    return {**fields, **kept}
