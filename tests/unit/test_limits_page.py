from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def page() -> ModuleType:
    """The program docs/limits.py."""
    spec = importlib.util.spec_from_file_location("limits_page", ROOT / "docs/limits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_limits_page_is_what_the_code_says(page: ModuleType) -> None:
    """`make docs` makes it anew."""
    assert (ROOT / "docs/limits.md").read_text() == page.render()


def test_each_key_of_the_index_names_one_constant(page: ModuleType) -> None:
    keys = [key for rows in page.index().values() for key in rows] + list(page.internal())
    assert len(keys) == len(set(keys))
    assert {key: len(page.files_of(key)) for key in keys} == dict.fromkeys(keys, 1)


def test_every_limit_of_the_code_is_in_the_index(page: ModuleType) -> None:
    """A new one gets a row in docs/limits.toml, or a reason there why nobody meets it."""
    keys = [key for rows in page.index().values() for key in rows] + list(page.internal())
    known = {(path, key.rpartition(".")[2]) for key in keys for path in page.files_of(key)}
    assert [
        f"{path.relative_to(ROOT)}: {name}" for _, path, name in page.constants() if (path, name) not in known
    ] == []
