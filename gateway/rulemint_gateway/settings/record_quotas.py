"""Types of the settings of how much configuration a tenant may have."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

VersionsKept = Annotated[
    int,
    Meta(
        description="Versions kept of each rule; the oldest go first, but what runs and the draft stay.",
        ge=1,
        le=10_000,
    ),
]
MaxRules = Annotated[int, Meta(description="Rules of a tenant, hooks, actions and webtasks too.", ge=1)]
MaxClients = Annotated[int, Meta(description="Clients of a tenant.", ge=2)]
MaxResourceServers = Annotated[int, Meta(description="APIs of a tenant.", ge=2)]
MaxClientGrants = Annotated[int, Meta(description="Client grants of a tenant.", ge=2)]
MaxRuleSecrets = Annotated[int, Meta(description="Secrets of all rules of a tenant together.", ge=0)]
MaxScriptsMb = Annotated[
    int,
    Meta(
        description="MiB of scripts of a tenant, of all versions of all its rules together; see "
        "RULEMINT_VERSIONS_KEPT.",
        ge=1,
        le=65_536,
    ),
]
