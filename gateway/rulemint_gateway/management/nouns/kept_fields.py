"""Auth0's fields that have no effect here: taken, bounded, kept and shown as they came, for the tools that send them.

`rulemint_shared.contract.kept_fields` has their types: a struct for each noun, from which its bodies and its answer
inherit. They are shown at every reading, so no secret is taken in them.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.contract.records import KeptFields
from rulemint_shared.contract.travelling import check_travels
from rulemint_shared.secrets.kept_secrets import without_secrets

A = TypeVar("A", bound=msgspec.Struct)

MAX_KEPT_BYTES = 64 * 1024
MAX_PATH = 500
"""Characters of a place that an error names."""


def kept_of(body: msgspec.Struct, fields: type[msgspec.Struct], before: KeptFields | None = None) -> KeptFields:
    """The kept fields after *body*: *before*, with the values that it gives for the names in *fields*.

    Raises:
        InvalidBodyError: a value cannot be kept or is a secret, or all of them together are larger than 64 KiB.
    """
    kept = dict(before or {})
    for name in fields.__struct_fields__:
        value = getattr(body, name)
        if value is None:
            kept.pop(name, None)
        elif value is not UNSET:
            kept[name] = _checked(name, value)
    if len(msgspec.json.encode(kept)) > MAX_KEPT_BYTES:
        raise InvalidBodyError(f"These fields may have {MAX_KEPT_BYTES} bytes together: {', '.join(sorted(kept))}")
    return kept


def with_kept(answer: A, fields: type[msgspec.Struct], kept: KeptFields) -> A:
    """Return *answer* with those of *fields* that are *kept*, as they came: no type is asked again."""
    return msgspec.structs.replace(answer, **{name: kept[name] for name in fields.__struct_fields__ if name in kept})


def _checked(name: str, value: Any) -> Any:
    plain = msgspec.to_builtins(value)
    try:
        check_travels(plain)
    except ValueError as error:
        raise InvalidBodyError(f"{name} has {error}", field=name) from None
    _, secrets = without_secrets(name, plain)
    if secrets:
        path = secrets[0][:MAX_PATH]
        message = f"{path} is a secret that nothing here needs, and every reading would show it: leave it out"
        raise InvalidBodyError(message, field=path)
    return plain
