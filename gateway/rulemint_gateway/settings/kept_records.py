"""Types of the settings of how many records of traffic are kept."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

MIB = 1024 * 1024

ExchangesKept = Annotated[
    int, Meta(description="Exchange records kept per tenant, about; the oldest go first.", ge=100)
]
ExchangeAge = Annotated[
    int,
    Meta(
        description="Seconds that an exchange record is kept at most, whether its client was known or not.",
        ge=3_600,
        le=10 * 366 * 86_400,
    ),
]
ExchangeBytes = Annotated[
    int,
    Meta(
        description="Bytes of Valkey's memory for a tenant's exchange records with their index, about; the oldest go "
        "first.",
        ge=MIB,
        le=2**40,
    ),
]
ExchangeRecordBytes = Annotated[
    int,
    Meta(
        description="Bytes that one exchange record may have; of a larger one the last log lines are left out, "
        "then more. A sixteenth of RULEMINT_EXCHANGE_BYTES at most.",
        ge=16 * 1024,
        le=16 * MIB,
    ),
]
TapeFailures = Annotated[
    bool,
    Meta(
        description="1: a token request that gets no token by its rules leaves a tape, unless its tenant says "
        "otherwise in its settings."
    ),
]
TapeOneIn = Annotated[
    int,
    Meta(
        description="Of so many token requests one leaves a tape, chosen by chance, unless its tenant says otherwise; "
        "1: all, 0: none.",
        ge=0,
        le=1_000_000,
    ),
]
AuditedCallsKept = Annotated[
    int,
    Meta(
        description="Management calls kept per tenant, about, of those that changed something and as many of those "
        "that were refused; the oldest go first.",
        ge=100,
    ),
]
AuditBytes = Annotated[
    int,
    Meta(
        description="Bytes of Valkey's memory for a tenant's records of management calls that changed something, "
        "about; the oldest go first.",
        ge=MIB,
        le=2**40,
    ),
]
RefusalBytes = Annotated[
    int,
    Meta(
        description="Bytes of Valkey's memory for a tenant's records of token requests that were refused before "
        "their client was known, about. Refused management calls have as many. The oldest records go first.",
        ge=256 * 1024,
        le=2**40,
    ),
]
RefusalsPerSource = Annotated[
    int,
    Meta(
        description="Refusals a minute that are kept in full: of an address, of token requests whose client is not "
        "known; of a client, of management calls. Of more, one now and then says how many it stands for.",
        ge=1,
        le=100_000,
    ),
]
