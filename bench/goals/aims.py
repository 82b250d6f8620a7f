"""The table of what is to be reached: each line with its goal, and with what it must reach at least."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

Figures = Sequence[float | None]
"""One for each column of a line; None is one that was not measured."""
FEW_TENANTS = 100
"""Of the line that compares processor time; fewer if fewer are made."""


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """One line; its figures are in the order in which its title names them."""

    name: str
    title: str
    """With ``{few}`` and ``{many}`` where it says how many tenants were asked; see `titled`."""
    goal: tuple[float, ...]
    must: tuple[float, ...]
    unit: str = ""
    """Of its figures; without one they are ratios."""
    at_most: bool = False
    """Whether less is better."""

    def reached(self, figures: Figures) -> str:
        """``goal`` or ``must`` if every figure is that good, ``no`` if one is not, nothing if one is missing."""
        if None in figures or len(figures) != len(self.goal):
            return ""
        for name, wanted in (("goal", self.goal), ("must", self.must)):
            if all(self._is_met(figure or 0.0, bound) for figure, bound in zip(figures, wanted, strict=True)):
                return name
        return "no"

    def titled(self, tenants: int) -> str:
        """Its title where *tenants* is the largest number of them that was asked."""
        return self.title.format(few=f"{min(FEW_TENANTS, tenants):,}", many=f"{tenants:,}")

    def text(self, figures: Figures) -> str:
        """*figures* as the table shows them."""
        if all(figure is None for figure in figures):
            return "not measured"
        shown = " / ".join("not measured" if figure is None else self._digits(figure) for figure in figures)
        return f"{shown} {self.unit}".rstrip()

    def _is_met(self, figure: float, bound: float) -> bool:
        return figure <= bound if self.at_most else figure >= bound

    def _digits(self, figure: float) -> str:
        if not self.unit:
            return f"{figure:.2f}"
        return f"{figure:.0f}" if figure >= 20 else f"{figure:.1f}"


AIMS = (
    Aim(
        name="inline",
        title="tokens/s, JavaScript rule, against oidc-provider inline: 1 / 32 / 128 connections",
        goal=(0.60, 1.0, 1.2),
        must=(0.38, 0.70, 0.95),
    ),
    Aim(name="isolated", title="the same against isolated-vm: 32 / 128", goal=(1.2, 1.2), must=(1.0, 1.0)),
    Aim(
        name="webhook",
        title="the same against the webhook on Deno: 1 / 32 / 128",
        goal=(1.0, 1.5, 1.8),
        must=(0.75, 1.3, 1.5),
    ),
    Aim(
        name="processor",
        title="processor time for each token, JavaScript rule: 32 / 128 connections",
        goal=(270, 230),
        must=(340, 300),
        unit="µs",
        at_most=True,
    ),
    Aim(
        name="python",
        title="tokens/s, Python rule against JavaScript rule: 32 / 128 connections",
        goal=(1.0, 1.0),
        must=(0.90, 0.90),
    ),
    Aim(
        name="no-rule",
        title="tokens/s without a rule against oidc-provider inline, 32 connections: one gateway process / two",
        goal=(1.5, 2.3),
        must=(1.3, 2.0),
    ),
    Aim(
        name="rs256",
        title="RS256, JavaScript rule, against oidc-provider inline: 32 / 128 connections",
        goal=(0.9, 0.9),
        must=(0.80, 0.70),
    ),
    Aim(
        name="rs256-two",
        title="the same with two gateway processes: 32 / 128",
        goal=(0.9, 0.9),
        must=(0.80, 0.70),
    ),
    Aim(
        name="tenants-100",
        title="processor time for each token, {few} tenants against 1",
        goal=(1.08,),
        must=(1.15,),
        at_most=True,
    ),
    Aim(name="tenants-1000", title="tokens/s, {many} tenants by Zipf, warm, against 1", goal=(0.7,), must=(0.6,)),
    Aim(
        name="waiting",
        title="a rule that awaits 50 ms of HTTP, 40 connections",
        goal=(700,),
        must=(600,),
        unit="tokens/s",
    ),
    Aim(
        name="neighbour",
        title="p99 of another tenant during that, against its calm p99",
        goal=(2.0,),
        must=(2.0,),
        at_most=True,
    ),
    Aim(name="idle", title="first token after idle, JavaScript, p50", goal=(5,), must=(8,), unit="ms", at_most=True),
    Aim(
        name="looping",
        title="slowest good answer of 50 at once with one that loops and one that throws, same rule",
        goal=(100,),
        must=(200,),
        unit="ms",
        at_most=True,
    ),
)
