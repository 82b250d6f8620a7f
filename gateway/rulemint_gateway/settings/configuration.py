"""Types of the settings of the configuration: its first records, its keys, how fresh and how safe it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

MasterKeyFile = Annotated[Path, Meta(description="The file with the master key that encrypts secrets at rest.")]
AdminFile = Annotated[
    Path | None,
    Meta(description="Where the administrator's credentials are kept (mode 0600). Unset: no administrator is made."),
]
Bootstrap = Annotated[
    bool,
    Meta(
        description="1: begin anew on an empty server though the admin file shows that there was a configuration. "
        "Otherwise such a gateway waits for its data, and says so at /readyz."
    ),
]
ReadyFile = Annotated[
    Path | None,
    Meta(
        description="A file without which /readyz answers 503. `rulemint dev` names one, and creates it after "
        "the demo was made. Unset: the gateway waits for no file."
    ),
]
ReplicasAck = Annotated[
    int,
    Meta(description="Replicas that must have a configuration change before it is acknowledged.", ge=0, le=16),
]
StaleConfigS = Annotated[
    float,
    Meta(
        description="Seconds that a gateway answers from memory while Redis does not say whether the configuration "
        "is still what it was; after that it answers 503.",
        ge=2,
        le=86_400,
    ),
]
ClockLeeway = Annotated[
    float,
    Meta(
        description="Seconds by which the clocks of two gateways may differ when one checks the other's token.",
        ge=0,
        le=300,
    ),
]
RequestDeadline = Annotated[
    float, Meta(description="Seconds after which a token request's rules must have answered.", gt=0, le=60)
]
