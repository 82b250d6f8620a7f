"""Where packages come from when no setting says: the tools themselves are asked, and no registry hears of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.hosts import LANGUAGES
from rulemint_runner.packages.installing.public_registries import public_index, public_npm_registry
from rulemint_runner.packages.installing.refusal import RegistryDownError


def test_deno_says_where_its_registry_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    registry = public_npm_registry(LANGUAGES.deno, tmp_path)
    assert registry.scheme == "https"
    assert "npm" in (registry.host or "")
    assert list(tmp_path.iterdir()) == []


def test_a_tool_that_does_not_say_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rulemint_runner.packages.installing.public_registries.ANSWERS_WITHIN_S", 0.2)
    with pytest.raises(RegistryDownError, match="RULEMINT_NPM_REGISTRY"):
        public_npm_registry("/bin/true", tmp_path)


def test_pip_says_where_its_index_and_its_files_are() -> None:
    index, files = public_index()
    assert index.path == "/simple/"
    assert [origin.scheme for origin in files] == ["https"]
