"""Print which clients ask for tokens that they do not need (``rulemint clients waste``)."""

from __future__ import annotations

from datetime import date
from typing import Any

from rich.text import Text

from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.output import Columns

_MUCH = 0.5
"""A client that wastes a larger part of its tokens keeps none."""


def _wasted(client: dict[str, Any]) -> Text:
    part = client["wasted"] / max(1, client["asked"])
    return Text(f"{client['wasted']:,} ({part:.0%})", style="yellow" if part > _MUCH else "")


def day_of(text: str) -> str:
    """Return the day that ``--day`` gives as *text*, as the system takes it.

    Raises:
        UsageError: it is none.
    """
    try:
        return date.fromisoformat(text).strftime("%Y%m%d")
    except ValueError:
        raise UsageError(f"--day {text}: write it as 2026-11-25") from None


COLUMNS: Columns = {
    "client": lambda client: str(client["client_id"]),
    "asked for": lambda client: f"{client['asked']:,}",
    "needed": lambda client: f"{client['needed']:,}",
    "wasted": _wasted,
    "keeping tokens saves": lambda client: (
        f"{client['saved_ms'] / 1_000:,.1f} s of {client['spent_ms'] / 1_000:,.1f} s"
    ),
}


def sentence(waste: dict[str, Any]) -> Text:
    """Return what all clients together asked for and needed."""
    asked, wasted = waste["asked"], waste["wasted"]
    if not asked:
        return Text(f"{waste['day']}: no token is counted; three days (UTC) are kept", style="dim")
    part = f"{wasted / asked:.0%} of all tokens could have been kept ones"
    return Text(f"{waste['day']}: {asked:,} tokens asked for, {waste['needed']:,} needed; {part}", style="dim")
