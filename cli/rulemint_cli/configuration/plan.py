"""What it takes to get from what a system has to what a file says: a pure function of both."""

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

SECTIONS = ("resource_servers", "clients", "settings", "client_grants", "rules")
"""In the order in which they are made: what others name goes first. They are deleted the other way round."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One record that is made, changed or deleted."""

    section: str
    before: Part | None
    """None: it is made."""
    after: Part | None
    """None: it is deleted."""

    @property
    def key(self) -> str:
        """By what it is known in its section."""
        record = self.after if self.after is not None else self.before
        return "" if record is None else key_of(record)

    @property
    def is_deletion(self) -> bool:
        """Whether something is gone afterwards that cannot be brought back as it was."""
        return self.after is None or bool(self.lost_secrets)

    @property
    def new_secrets(self) -> dict[str, str]:
        """The secrets that a rule gets, as references to the environment."""
        known = self.before.secrets if isinstance(self.before, Rule) else {}
        after = self.after.secrets if isinstance(self.after, Rule) else {}
        return {name: reference for name, reference in after.items() if name not in known}

    @property
    def lost_secrets(self) -> list[str]:
        """The names of the secrets that a rule which stays loses."""
        if not isinstance(self.before, Rule) or not isinstance(self.after, Rule):
            return []
        return [name for name in self.before.secrets if name not in self.after.secrets]

    @property
    def fields(self) -> dict[str, tuple[Any, Any]]:
        """What differs, as plain values: field → before and after; secrets are not in it."""
        old, new = _plain(self.before, self.after), _plain(self.after, self.before)
        names = list(dict.fromkeys([*new, *old]))
        return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def plan(wanted: Document, present: Document, *, prune: bool) -> list[Change]:
    """The changes, in the order in which they can be made; none if *present* is as *wanted*.

    Both are settled, and mean clients by their ids. With *prune*, what *wanted* does not have is deleted, last.
    """
    made = [change for section in SECTIONS for change in _made(section, wanted, present)]
    if not prune:
        return made
    lost = [change for section in reversed(SECTIONS) for change in _lost(section, wanted, present)]
    return [*made, *lost]


def records_of(document: Document, section: str) -> Sequence[Part]:
    """The records of one section."""
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
    """*record* with what a file leaves to the system: the place of a rule, and secrets that it has."""
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
    """The fields that two records are compared by; those of *kept* among the others."""
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
