"""Print what a version of a rule was seen to use, and what of that another was not. Each row is one printable line."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from rulemint_cli.connection.nouns import Record
from rulemint_cli.terminal.printable import printable

KINDS = {"claims": "claims", "scopes": "scopes", "hosts": "hosts", "audiences": "APIs"}


def power_rows(version: Record, running: Record | None) -> list[Text]:
    """Return the power of *version* over its cases and its tapes, and what is beyond that of the *running* one."""
    cases, tapes = _over_cases(version), _over_tapes(version)
    rows = [Text(f"■ version {version['number']} was seen to use, over {_seen_over(version)}", style="bold")]
    for kind, label in KINDS.items():
        in_cases, on_tapes = set(cases.get(kind, ())), set(tapes.get(kind, ()))
        rows += [_row(label, name, _where(name in in_cases, name in on_tapes)) for name in sorted(in_cases | on_tapes)]
    if version["locked"]:
        rows.append(_row("lock", "what its cases do not show is left out"))
    return [*rows, *_beyond(version, running)]


def _beyond(version: Record, running: Record | None) -> Iterator[Text]:
    if running is None or running["number"] == version["number"]:
        return
    known = [_over_cases(running), _over_tapes(running)]
    for kind, label in KINDS.items():
        before = {name for power in known for name in power.get(kind, ())}
        used = {*_over_cases(version).get(kind, ()), *_over_tapes(version).get(kind, ())}
        for name in sorted(used - before):
            yield _row(
                f"new {label}", name, f"version {running['number']}, which runs, was not seen to use it", "yellow"
            )


def _over_cases(version: Record) -> Record:
    return version["power"] or {}


def _over_tapes(version: Record) -> Record:
    return (version.get("seen_power") or {}).get("power") or {}


def _seen_over(version: Record) -> str:
    cases = f"{version['case_count']} cases" if version["power"] is not None else "no cases"
    seen = version.get("seen_power")
    if seen is None:
        return f"{cases}; its tapes are for those who may read them (read:exchange_inputs)"
    return f"{cases} and {seen['tapes']} tapes"


def _where(in_cases: bool, on_tapes: bool) -> str:  # noqa: FBT001  # two facts, side by side
    return "cases and tapes" if in_cases and on_tapes else "cases" if in_cases else "tapes"


def _row(label: str, name: str, why: str = "", style: str = "") -> Text:
    row = Text(printable(f"  {label:<11} "), style="dim")
    row.append(printable(name), style=style)
    if why:
        row.append(printable(f"  {why}"), style="dim")
    return row
