"""The options of commands that make versions of rules: which checks of a version may be left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

import typer


@dataclass(frozen=True, kw_only=True)
class CheckOptions:
    """The checks that are left out."""

    no_check: Annotated[
        bool,
        typer.Option("--no-check", help="Let code go live that was not loaded and tested. The tenant's log tells."),
    ] = False
    force: Annotated[
        bool, typer.Option("--force", help="Let it go live although cases do not hold. The tenant's log tells.")
    ] = False

    @property
    def given(self) -> dict[str, bool]:
        """Return them by the names of the management API."""
        return asdict(self)


ALL_CHECKS = CheckOptions()
