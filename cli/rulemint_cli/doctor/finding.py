"""One thing that was looked at: whether it is well, and what to do otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rulemint_cli.terminal.printable import printable
from rulemint_cli.terminal.program import as_called_here

if TYPE_CHECKING:
    from rulemint_cli.terminal.output import Output


class State(StrEnum):
    """The state of something."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as it should, or soon no longer."""
    WRONG = "wrong"
    SKIPPED = "skipped"
    """It could not be looked at."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    check: str
    """The word for it: ``kernel``."""
    state: State
    detail: str
    advice: str = ""
    """The next thing to do, unless it is well."""


_STYLES = {State.OK: "green", State.WARNING: "yellow", State.WRONG: "bold red", State.SKIPPED: "dim"}


def show(output: Output, findings: Sequence[Finding]) -> None:
    """Print a line for each of *findings*, and a line on what to do below those that are not well."""
    if output.as_json:
        output.json([_plain(each) for each in findings])
        return
    from rich.text import Text  # noqa: PLC0415  # heavy, and --help does without

    for each in findings:
        row = Text(f"{each.state:<8} ", style=_STYLES[each.state]).append(f"{each.check:<12} ", style="bold")
        output.text(row.append(printable(each.detail), style="default"))
        if each.advice:
            output.text(Text(f"{'':22}→ {printable(as_called_here(each.advice))}"))


def is_well(findings: Sequence[Finding]) -> bool:
    """Tell whether none of *findings* is wrong."""
    return all(each.state is not State.WRONG for each in findings)


def _plain(finding: Finding) -> dict[str, Any]:
    return {name: str(value) for name, value in asdict(finding).items() if value != ""}
