"""What a rule leaves behind in the tests' own process goes with its test."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def nothing_left_behind() -> Iterator[None]:
    """A rule may leave an open event loop; here it would be told to a later test, as a warning of its own."""
    yield
    sys.modules.pop("rule", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
