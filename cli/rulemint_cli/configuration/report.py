"""Show a plan to people: one line for each change, with the differences below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from rulemint_cli.configuration.document import Client, ClientGrant, Part, ResourceServer, Rule
from rulemint_cli.configuration.plan import Change
from rulemint_cli.terminal.differences import change_rows, diff_lines, diff_rows
from rulemint_cli.terminal.printable import printable

_STYLES = {"create": "green", "change": "yellow", "delete": "red", "delete secrets of": "red"}
_INDENT = "    "


def verb(change: Change) -> str:
    """Return the verb for *change*."""
    if change.before is None:
        return "create"
    if change.after is None:
        return "delete"
    return "delete secrets of" if change.lost_secrets else "change"


def sentence(change: Change, client_names: Mapping[str, str] | None = None) -> str:
    """Say *change* in words, such as ``create the client nightly``."""
    return f"{verb(change)} {called(change, client_names or {})}"


def called(change: Change, client_names: Mapping[str, str]) -> str:
    """Name the record as people know it."""
    record: Part | None = change.before if change.after is None else change.after
    match record:
        case ResourceServer():
            return f"the API {record.identifier}"
        case Client():
            return f"the client {record.name}"
        case ClientGrant():
            return f"the client grant of {client_names.get(record.client, record.client)} for {record.audience}"
        case Rule():
            return f"the rule {record.name}"
        case _:
            return "the settings"


def rows(changes: Sequence[Change], client_names: Mapping[str, str]) -> list[Text]:
    """Return the rows of the whole plan."""
    return [row for change in changes for row in _rows_of(change, client_names)]


def summary(changes: Sequence[Change]) -> str:
    """Count the changes in words, such as ``3 to create, 1 to change``."""
    counts = Counter("delete" if change.is_deletion else verb(change) for change in changes)
    return ", ".join(f"{counts[each]} to {each}" for each in ("create", "change", "delete") if counts[each])


def done(changes: Sequence[Change]) -> str:
    """Say that the plan was carried out, and how to get the secret of a new client."""
    unknown = [
        change.after.name
        for change in changes
        if change.before is None and isinstance(change.after, Client) and change.after.client_secret is None
    ]
    more = f"; rulemint clients rotate-secret NAME gives a first secret to {_some(unknown)}" if unknown else ""
    return f"done: {summary(changes)}{more}"


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def as_json(changes: Sequence[Change], client_names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the plan for programs."""
    return [
        {
            "change": verb(change),
            "section": change.section,
            "record": called(change, client_names),
            "fields": {name: {"from": old, "to": new} for name, (old, new) in change.fields.items()},
            "new_secrets": list(change.new_secrets),
            "lost_secrets": change.lost_secrets,
        }
        for change in changes
    ]


def _rows_of(change: Change, client_names: Mapping[str, str]) -> list[Text]:
    what = [Text(printable(sentence(change, client_names)), style=_STYLES[verb(change)])]
    details: list[Text] = []
    if change.before is not None and change.after is not None:
        fields = dict(change.fields)
        old, new = fields.pop("script", ("", ""))
        if old != new:
            details += diff_rows(diff_lines(old or "", new or "", old=change.key, new=change.key))
        details += change_rows(fields)
    details += [Text(f"secret {printable(name)}: new", style="yellow") for name in change.new_secrets]
    details += [Text(f"secret {printable(name)}: deleted", style="red") for name in change.lost_secrets]
    return what + [Text(_INDENT) + detail for detail in details]
