"""Name what a host may act for."""

from __future__ import annotations

import msgspec

from rulemint_shared.contract.records import Isolation, Language


class Authority(msgspec.Struct, frozen=True):
    """Two invocations share a host only if all of this is the same.

    The allow-list, the limits and the isolation belong to the version.
    """

    tenant: str
    rule_id: str
    version: int
    secrets_revision: int
    language: Language
    isolation: Isolation = Isolation.WARM
    load_seed: int = 0
    """In a replay that shares hosts: by this seed they were loaded, as the host was that the tape is of."""

    @property
    def name(self) -> str:
        """Return a name that tells it apart from others of its tenant."""
        return f"{self.rule_id} {self.version} {self.secrets_revision}"
