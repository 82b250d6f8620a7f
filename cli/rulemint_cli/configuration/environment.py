"""``${NAME}`` in a configuration file: a secret that only the environment has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from rulemint_cli.terminal.errors import UsageError


def variables() -> Mapping[str, str]:
    """Those of this process, which a configuration file may name."""
    return os.environ


def check_set(references: Iterable[str], environment: Mapping[str, str]) -> None:
    """Make sure before anything is changed that every secret is there.

    Raises:
        UsageError: it names the variables that are not set.
    """
    missing = sorted({name for name in map(_variable, references) if not environment.get(name)})
    if missing:
        raise UsageError(f"set {', '.join(missing)} in the environment: the file takes secrets from there")


def value_of(reference: str, environment: Mapping[str, str]) -> str:
    """The secret itself; `check_set` has seen that there is one."""
    return environment[_variable(reference)]


def _variable(reference: str) -> str:
    return reference.removeprefix("${").removesuffix("}")
