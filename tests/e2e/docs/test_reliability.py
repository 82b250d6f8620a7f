"""The page about faults has each that is tested, and no other."""

from __future__ import annotations

import importlib.util

from fixtures.processes import ROOT


def test_the_table_of_faults_is_what_the_tests_say() -> None:
    """`make docs` makes it anew."""
    spec = importlib.util.spec_from_file_location("faults_page", ROOT / "docs/faults.py")
    assert spec is not None
    assert spec.loader is not None
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    assert (ROOT / "docs/reliability.md").read_text() == page.render()
