"""Types of the settings of the console."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?")

ConsoleIdle = Annotated[
    int,
    Meta(description="Seconds after which a session of the console ends that nothing uses.", ge=60, le=30 * 86_400),
]
ConsoleLifetime = Annotated[
    int,
    Meta(description="Seconds after which a session of the console ends in any case.", ge=60, le=30 * 86_400),
]
ConsolePrivateProviders = Annotated[
    str,
    Meta(
        description="Origins of providers of OpenID Connect that may have a private address or speak plain http, such "
        "as https://login.internal (commas between). Others must speak https at a public address."
    ),
]


def origins(text: str) -> list[str]:
    """Read origins with commas between them.

    Raises:
        ValueError: an entry is no origin.
    """
    found = [part.strip() for part in text.split(",") if part.strip()]
    for each in found:
        if not _ORIGIN.fullmatch(each):
            raise ValueError(
                f"RULEMINT_CONSOLE_PRIVATE_PROVIDERS: {each!r} is no origin: write it as https://login.internal or "
                "http://localhost:3000"
            )
    return found
