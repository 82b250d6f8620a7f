"""Settings of the commands that call a running system, from environment variables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta


class ClientSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the commands that call a running system. CI uses them in place of a login."""

    url: Annotated[str | None, Meta(description="Where the gateway is, such as https://id.example.com/.")] = None
    client_id: Annotated[str | None, Meta(description="The client whose token the commands use.")] = None
    client_secret: Annotated[
        str | None, Meta(description="Its secret; rulemint login and token read theirs here too.")
    ] = None
    profile: Annotated[str | None, Meta(description="The profile to use: one that rulemint login stored.")] = None
    data_dir: Annotated[
        Path | None,
        Meta(
            description="The folder of admin.json. Unset: the profile in use, or .rulemint here or in a folder above. "
            "With RULEMINT_URL the system is called there, and not at its issuer."
        ),
    ] = None
    program: Annotated[
        str, Meta(description="The words that call the command line here, for messages. docker-compose.yml sets them.")
    ] = "rulemint"
