"""Types of the settings of what keeps one client, address or tenant from taking what others need."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

FailuresPerClient = Annotated[
    int,
    Meta(
        description="Wrong secrets of one client from one address that are looked at at once; further tries get "
        "429. 0: any number.",
        ge=0,
        le=10_000,
    ),
]
FailuresPerClientRefill = Annotated[
    int, Meta(description="Tries a minute that an address gets back of RULEMINT_FAILURES_PER_CLIENT.", ge=1, le=600)
]
FailuresPerSource = Annotated[
    int,
    Meta(
        description="Wrong secrets from one address, of any clients, that are looked at at once, and as many "
        "bad bearer tokens; further tries get 429. An IPv6 address counts as its /64. 0: any number.",
        ge=0,
        le=100_000,
    ),
]
FailuresPerSourceRefill = Annotated[
    int,
    Meta(description="Tries a minute that an address gets back of RULEMINT_FAILURES_PER_SOURCE.", ge=1, le=6_000),
]
ThrottledAnswers = Annotated[
    int,
    Meta(
        description="Throttled tries that one address is answered a second; the others wait for their turn, for a "
        "second at most. 0: any number.",
        ge=0,
        le=100_000,
    ),
]
MaxWaiting = Annotated[
    int,
    Meta(
        description="Token requests that may wait for rules at once; a tenant may have as many as it leaves to the "
        "others, and more are refused with 503.",
        ge=2,
    ),
]
ManagementCalls = Annotated[
    int,
    Meta(
        description="Management calls at once that read, and as many that change; each keeps its place until its "
        "answer is read, and holds a MiB of it at most. A tenant may have as many as it leaves to the others.",
        ge=4,
        le=10_000,
    ),
]
PageKb = Annotated[
    int,
    Meta(
        description="KiB of rules or hooks with their scripts in one answer of a list by checkpoints, about; its "
        "next says where to go on.",
        ge=64,
        le=65_536,
    ),
]
MaxWatchers = Annotated[
    int,
    Meta(
        description="Log streams that may be open at once; a tenant may have as many as it leaves to the others.",
        ge=2,
    ),
]
WatcherBufferKb = Annotated[
    int,
    Meta(
        description="KiB of log records that wait for one watcher that reads slowly; the oldest go, and it is told "
        "how many.",
        ge=64,
        le=1_048_576,
    ),
]
WatchersBufferMb = Annotated[
    int,
    Meta(
        description="MiB of log records that wait for all watchers of a tenant together; what several of them wait "
        "for counts once.",
        ge=1,
        le=65_536,
    ),
]
