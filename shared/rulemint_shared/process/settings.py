"""Settings: struct fields → ``RULEMINT_*`` variables → values, or one clear line. The only reader of the environment.

A service declares one frozen struct; each field's `msgspec.Meta(description=…)` is its documentation, with the unit in
the field's name. Secrets are read from files or URLs and are never shown by ``--help`` or in an error.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec

from rulemint_shared.contract.runner_load import MAX_QUEUE_SHARDS
from rulemint_shared.whole_text import named, whole
from rulemint_shared.wrong_values import WrongValue, in_words

PREFIX = "RULEMINT_"

RedisUrl = Annotated[
    str,
    msgspec.Meta(
        description="The Valkey or Redis server: redis://[:password@]host:port/db, rediss://… or unix://path; or its "
        "sentinels, redis+sentinel://[:password@]host:port,host:port/MASTER/db or rediss+sentinel://…; or nodes of a "
        "cluster, redis+cluster://[:password@]host:port,host:port or rediss+cluster://…",
        pattern=named(r"^(rediss?(\+sentinel|\+cluster)?|unix)://", means="a URL such as redis://127.0.0.1:6379/0"),
    ),
]
RedisPasswordFile = Annotated[
    Path | None, msgspec.Meta(description="A file with the server's password, instead of one in RULEMINT_REDIS_URL.")
]
SentinelPasswordFile = Annotated[
    Path | None, msgspec.Meta(description="A file with the sentinels' own password, if they have one.")
]
QueueShards = Annotated[
    int,
    msgspec.Meta(
        description="Parts of the queue, which a cluster spreads over its nodes. To raise it, change runners first; "
        "to lower it, gateways first.",
        ge=1,
        le=MAX_QUEUE_SHARDS,
    ),
]
LogLevel = Annotated[
    str,
    msgspec.Meta(
        description="debug, info, warning or error.",
        pattern=whole("(debug|info|warning|error)", means="debug, info, warning or error"),
    ),
]

S = TypeVar("S", bound=msgspec.Struct)


class SettingsError(Exception):
    """A variable has a value that cannot be used; the text names it and says what it takes."""


def read_settings(settings_type: type[S], environment: Mapping[str, str] | None = None) -> S:
    """The settings of *settings_type* from the environment; a variable that is empty counts as unset.

    Raises:
        SettingsError: a variable is malformed, out of bounds, or required and missing.
    """
    source = os.environ if environment is None else environment
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(settings_type):
        text = source.get(variable_name(field.name), "").strip()
        if text:
            given[field.name] = text
        elif field.required:
            raise SettingsError(f"{variable_name(field.name)} is not set: {_description(settings_type, field.name)}")
    try:
        return msgspec.convert(given, settings_type, strict=False, dec_hook=_convert_path)
    except msgspec.ValidationError as error:
        raise SettingsError(_explain(settings_type, given, error)) from None


def variable_name(field_name: str) -> str:
    """``redis_url`` → ``RULEMINT_REDIS_URL``."""
    return PREFIX + field_name.upper()


def describe(settings_type: type[msgspec.Struct]) -> list[tuple[str, str, str]]:
    """One row a setting: variable, default, description; for ``--help`` and docs/settings.md."""
    hints = get_type_hints(settings_type, include_extras=True)  # once for all: it costs a start milliseconds
    rows = []
    for field in msgspec.structs.fields(settings_type):
        default = "(required)" if field.required else _show(field.default)
        rows.append((variable_name(field.name), default, _find_description(hints[field.name])))
    return rows


def render_help(settings_type: type[msgspec.Struct]) -> str:
    """The rows of `describe` as the text of ``--help``."""
    blocks = [f"  {name}  [{default}]\n      {text}" for name, default, text in describe(settings_type)]
    return "Settings (environment variables):\n\n" + "\n".join(blocks)


def environment_for_child(changes: Mapping[str, str | None]) -> dict[str, str]:
    """This process's environment with the settings of *changes*, by field name; None takes one out."""
    environment = dict(os.environ)
    for field_name, value in changes.items():
        environment.pop(variable_name(field_name), None)
        if value is not None:
            environment[variable_name(field_name)] = value
    return environment


def _explain(settings_type: type[msgspec.Struct], given: dict[str, Any], error: msgspec.ValidationError) -> str:
    """One line: the variable, what it may be, what it is, and what it is for."""
    wrong = WrongValue.of(error)
    wrong = replace(wrong, reason=wrong.reason.replace(" | null`", "`"))  # to leave out is to unset
    name = wrong.field.split("[")[0].split(".")[0]
    if name not in given:
        return in_words(wrong, kind=settings_type)
    reason = in_words(wrong, kind=settings_type)
    shown = "" if "url" in name else f" (it is {given[name]!r})"
    return f"{variable_name(name)}: {reason}{shown}. {_description(settings_type, name)}"


def _convert_path(wanted: type, value: object) -> object:
    if wanted is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(f"no setting may have the type {wanted}")


def _description(settings_type: type[msgspec.Struct], field_name: str) -> str:
    return _find_description(get_type_hints(settings_type, include_extras=True)[field_name])


def _find_description(hint: Any) -> str:
    """The description in *hint*, or in a member of the union that it is."""
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, msgspec.Meta) and extra.description:
            return extra.description
    return next(filter(None, map(_find_description, get_args(hint))), "")


def _show(default: object) -> str:
    if isinstance(default, bool):
        return "1" if default else "0"
    return "" if default is None else str(default)
