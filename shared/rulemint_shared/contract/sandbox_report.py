"""Report how rules are isolated on one machine: the layers that are there, and the results of attacks on them.

Written by the runner as JSON (``--check-sandbox``), read by ``rulemint sandbox check``.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class LayerState(StrEnum):
    """The state of a layer: there or not."""

    ENFORCED = "enforced"
    MISSING = "missing"
    """Not there, and required."""
    UNAVAILABLE = "unavailable"
    """Not there, and not required: this machine does not give it."""


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One layer of the sandbox."""

    name: str
    state: LayerState
    required: bool
    detail: str = ""
    fix: str = ""
    """The fix for a layer that is missing."""


class AttackOutcome(StrEnum):
    """The result of an attack."""

    FAILED = "failed"
    """As it should."""
    SUCCEEDED = "succeeded"
    NOT_RUN = "not run"
    """The host that was to attack did not run, or did not come to it: nothing is known."""


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """One attack by a host on its sandbox."""

    host: str
    """The language of the host that attacked."""
    name: str
    """The thing that it tried, as in: a rule can …"""
    outcome: AttackOutcome
    detail: str = ""


class SandboxReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known about the sandbox of one machine."""

    layers: tuple[Layer, ...]
    attacks: tuple[Attack, ...]

    @property
    def problems(self) -> list[str]:
        """A line for each required layer that is missing and each attack that did not fail; empty if rules are held."""
        missing = [layer for layer in self.layers if layer.state is LayerState.MISSING]
        lines = [f"{layer.name}: {layer.detail}; {layer.fix}" for layer in missing]
        for attack in self.attacks:
            if attack.outcome is AttackOutcome.SUCCEEDED:
                lines.append(f"{attack.host}: a rule can {attack.name}")
            elif attack.outcome is AttackOutcome.NOT_RUN and not missing:  # else that is why
                lines.append(f"{attack.host}: nobody knows whether a rule can {attack.name}: {attack.detail}")
        return lines


encode_report = msgspec.json.Encoder().encode
decode_report = msgspec.json.Decoder(SandboxReport).decode
