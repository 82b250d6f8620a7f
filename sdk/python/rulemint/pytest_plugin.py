"""The fixture ``run_rule``: `rulemint.testing.run_rule`, with paths that begin at the folder of the test's file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RunRule = Callable[..., Any]


@pytest.fixture
def run_rule(request: pytest.FixtureRequest) -> RunRule:
    """Run a rule; a relative path begins at the folder of the test's file, else at the working directory."""
    from rulemint import testing  # noqa: PLC0415  # only tests that run rules pay

    def run(rule: Any, **inputs: Any) -> testing.RuleResult:
        if isinstance(rule, (str, Path)) and "\n" not in str(rule):
            near = request.path.parent / rule
            rule = near if near.is_file() else rule
        return testing.run_rule(rule, **inputs)

    return run
