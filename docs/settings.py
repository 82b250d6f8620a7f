"""Writes docs/settings.md from the settings structs: ``python docs/settings.py`` (or ``make docs``)."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rulemint_cli.connection.settings import ClientSettings
from rulemint_cli.local.settings import DevSettings
from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_runner.settings import RunnerSettings
from rulemint_shared.process.settings import describe

SERVICES: tuple[tuple[str, str, type[msgspec.Struct]], ...] = (
    ("Gateway", "`python -m rulemint_gateway`", GatewaySettings),
    ("Rule runner", "`python -m rulemint_runner`", RunnerSettings),
    ("`rulemint dev`", "It passes every other setting on to the gateway and the runner.", DevSettings),
    (
        "The command line",
        "For CI, where nobody runs `rulemint login`; options of the command line win over these.",
        ClientSettings,
    ),
)
INTRODUCTION = """# Settings

Environment variables, read once at the start; an empty one counts as unset, and a bad value stops the service with one
line that names it. `--help` of each service prints its own. This page is made from the code by `make docs`.
"""


def render() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for title, note, settings_type in SERVICES:
        parts.append(f"## {title}\n\n{note}\n\n| variable | default | what it is |\n|---|---|---|")
        rows = describe(settings_type)
        parts[-1] += "".join(f"\n| `{name}` | {_code(default)} | {_cell(text)} |" for name, default, text in rows)
    return "\n".join(f"{part.rstrip()}\n" for part in parts)


def _code(default: str) -> str:
    return f"`{default}`" if default and not default.startswith("(") else default


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    Path(__file__).with_name("settings.md").write_text(render())
