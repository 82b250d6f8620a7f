from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from rulemint_shared.contract.package_versions import npm_range, pypi_specifier


@pytest.mark.parametrize(
    ("version", "specifier"),
    [
        ("", ""),
        ("*", ""),
        ("latest", ""),
        ("x", ""),
        ("2", "==2.*"),
        ("2.31", "==2.31.*"),
        ("2.31.0", "==2.31.0"),
        ("v2.31.0", "==2.31.0"),
        ("=2.31.0", "==2.31.0"),
        ("1.x", "==1.*"),
        ("1.2.X", "==1.2.*"),
        ("1.*", "==1.*"),
        ("1.x.x", "==1.*"),
        ("^1.2", ">=1.2,<2"),
        ("^0.3.1", ">=0.3.1,<0.4"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("~1.2", ">=1.2,<1.3"),
        ("~1.2.3", ">=1.2.3,<1.3"),
        ("~1", ">=1,<2"),
        ("~=1.2", "~=1.2"),
        (">=1,<2", ">=1,<2"),
        (">=1 <2", ">=1,<2"),
        (">= 1, != 1.5", ">= 1,!= 1.5"),
        ("==1.*", "==1.*"),
        ("==1.x", "==1.*"),
        ("==2", "==2"),
        ("1.0rc1.post2", "==1.0rc1.post2"),
        ("===1.0+local", "===1.0+local"),
    ],
)
def test_a_version_of_pypi_may_be_in_the_words_of_npm(version: str, specifier: str) -> None:
    assert pypi_specifier(version) == specifier


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("", "*"),
        ("latest", "latest"),
        ("next", "next"),
        ("2", "2"),
        ("^1.2", "^1.2"),
        ("1.x || >=3", "1.x || >=3"),
        (">=1,<2", ">=1 <2"),
        ("==1.*", "1.*"),
        ("==1.2.3", "1.2.3"),
        ("~=1.2", ">=1.2 <2"),
        ("~=1.2.3", ">=1.2.3 <1.3"),
    ],
)
def test_a_version_of_npm_may_be_in_the_words_of_python(version: str, words: str) -> None:
    assert npm_range(version) == words


@pytest.mark.parametrize(
    ("read", "version", "helps"),
    [
        (pypi_specifier, "1 || 2", "one range"),
        (pypi_specifier, "1.0 - 2.0", ">=1.0,<=2.0"),
        (npm_range, ">=1,!=1.5", "npm has no !="),
    ],
)
def test_what_a_registry_has_no_word_for_says_what_helps(read: Callable[[str], str], version: str, helps: str) -> None:
    with pytest.raises(ValueError, match=re.escape(helps)):
        read(version)
