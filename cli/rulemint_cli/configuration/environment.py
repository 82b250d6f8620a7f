"""Take secrets from the environment, where ``${NAME}`` stands in a configuration file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from rulemint_cli.terminal.errors import UsageError


def variables() -> Mapping[str, str]:
    """Return the environment of this process, whose variables a configuration file may name."""
    return os.environ


def check_set(references: Iterable[str], environment: Mapping[str, str]) -> None:
    """Check that every secret is set, before anything is changed.

    Raises:
        UsageError: some are not set; the text names them.
    """
    missing = sorted({name for name in map(_variable, references) if not environment.get(name)})
    if missing:
        raise UsageError(f"set {', '.join(missing)} in the environment: the file takes secrets from there")


def value_of(reference: str, environment: Mapping[str, str]) -> str:
    """Return the secret. `check_set` has checked that it is set."""
    return environment[_variable(reference)]


def _variable(reference: str) -> str:
    return reference.removeprefix("${").removesuffix("}")
