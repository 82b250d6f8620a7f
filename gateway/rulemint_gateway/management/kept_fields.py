"""Auth0's fields that have no effect here: taken, bounded, kept and shown as they came, for the tools that send them.

A body names them in a struct of their own, all unset by default; a null in a patch forgets the field. They are shown at
every reading, so no secret is taken in them.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.codecs import check_travels
from rulemint_shared.kept_secrets import without_secrets
from rulemint_shared.records import KeptFields

A = TypeVar("A", bound=msgspec.Struct)

MAX_KEPT_BYTES = 64 * 1024
MAX_PATH = 500
"""Characters of a place that an error names."""

Flag = bool | None
Text = Annotated[str, Meta(max_length=2_048)] | None
LongText = Annotated[str, Meta(max_length=32_768)] | None
Texts = Annotated[list[Annotated[str, Meta(max_length=2_048)]], Meta(max_length=500)] | None
Seconds = Annotated[int, Meta(ge=0, le=315_360_000)] | None
Number = Annotated[float, Meta(ge=0, le=315_360_000)] | None
Object = Annotated[dict[Annotated[str, Meta(min_length=1, max_length=255)], Any], Meta(max_length=200)] | None

Refused = Annotated[Flag, Meta(extra_json_schema={"enum": [False, None]})]
Unpromised = Annotated[Object, Meta(extra_json_schema={"enum": [{}, None]})]
NotRequired = Annotated[Object, Meta(extra_json_schema={"properties": {"required": {"enum": [False, None]}}})]
"""What would promise a protection that is not there; the bodies' ``check_promises`` say in words what there is."""


def kept_of(body: msgspec.Struct, fields: type[msgspec.Struct], before: KeptFields | None = None) -> KeptFields:
    """What is kept after *body*: *before*, with what it says about the names in *fields*.

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
