"""Types of the settings of the console."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

ConsoleIdle = Annotated[
    int,
    Meta(description="Seconds after which a session of the console ends that nothing uses.", ge=60, le=30 * 86_400),
]
ConsoleLifetime = Annotated[
    int,
    Meta(description="Seconds after which a session of the console ends in any case.", ge=60, le=30 * 86_400),
]
