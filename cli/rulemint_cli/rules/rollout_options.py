"""Read from the command line to which share of the live token requests a version goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from rulemint_cli.terminal.errors import UsageError
from rulemint_cli.terminal.time_spans import seconds_of

_LONGEST_HOLD_S = 7 * 86_400


@dataclass(frozen=True, kw_only=True)
class RolloutOptions:
    """The options of a rollout. Without ``--canary`` and ``--shadow`` the version runs for all at once."""

    canary: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES", help="Run it for these shares of the clients, one after the other: 5%,25%,100%."
        ),
    ] = None
    shadow: Annotated[
        str | None,
        typer.Option(metavar="SHARE", help="Run it behind this share of the token requests, without effect: 10%."),
    ] = None
    minimum: Annotated[
        int | None, typer.Option(min=5, help="Token requests of either version that a canary needs in each step.")
    ] = None
    tolerance: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Percentage points by which a canary may fail or refuse more often."),
    ] = None
    hold: Annotated[
        str | None, typer.Option(metavar="SPAN", help="Each step of a canary lasts so long at least: 60s, 10m, 1h.")
    ] = None

    @property
    def body(self) -> dict[str, Any] | None:
        """Return the rollout as the management API takes it, without its version; None if there is none.

        Raises:
            UsageError: an option is malformed, or does not fit the others.
        """
        if self.canary is None and self.shadow is None:
            self._refuse(("minimum", "tolerance", "hold"), "it needs --canary")
            return None
        if self.canary is None:
            self._refuse(("minimum", "tolerance", "hold"), "a shadow has none, only a canary has")
            return {"kind": "shadow", "steps": _percents("--shadow", self.shadow or "")}
        self._refuse(("shadow",), "give either --canary or --shadow")
        body: dict[str, Any] = {"kind": "canary", "steps": _percents("--canary", self.canary)}
        if self.minimum is not None:
            body["minimum"] = self.minimum
        if self.tolerance is not None:
            body["tolerance"] = self.tolerance
        if self.hold is not None:
            body["hold_s"] = seconds_of(self.hold, option="--hold", longest_s=_LONGEST_HOLD_S)
        return body

    def _refuse(self, names: tuple[str, ...], why: str) -> None:
        for name in names:
            if getattr(self, name) is not None:
                raise UsageError(f"--{name}: {why}")


def _percents(option: str, text: str) -> list[float]:
    try:
        return [float(each.strip().removesuffix("%")) for each in text.split(",")]
    except ValueError:
        raise UsageError(f"{option} {text}: write it as 10%, or several as 5%,25%,100%") from None
