"""Writes docs/security/layers.md: which layer of the sandbox holds which hostile rule. Run it from the checkout's root.

It takes layers away one at a time and runs the rules of tests/abuse against what is left, on this machine.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/security/layers.md"
sys.path.insert(0, str(ROOT / "tests"))

from fixtures.layer_table import measure, render  # noqa: E402  # the tests' folder is no package


def main() -> None:
    """Measure all, which takes about a minute, and write the page."""
    PAGE.write_text(render(asyncio.run(measure())))


if __name__ == "__main__":
    main()
