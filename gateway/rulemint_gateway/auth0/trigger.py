"""The one trigger of Auth0's that there is here: the exchange of client credentials."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError

TRIGGER = "credentials-exchange"
TRIGGER_VERSION = "v2"
Trigger = Annotated[str, Meta(max_length=64, extra_json_schema={"enum": [TRIGGER]})]
"""`check_trigger` says in words why it can be no other."""


def check_trigger(trigger: str, *, field: str) -> None:
    """Refuse what is not the client credentials exchange.

    Raises:
        InvalidBodyError: it is another trigger.
    """
    if trigger != TRIGGER:
        raise InvalidBodyError(
            f"There is no trigger {trigger[:64]!r} here: tokens are for machines only, so {TRIGGER} is the one",
            field=field,
        )
