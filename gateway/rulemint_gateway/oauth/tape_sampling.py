"""Decide which token requests leave a tape: by the tenant's word, else by the gateway's."""

from __future__ import annotations

import random

from rulemint_shared.contract.records import TapeSampling, Tenant
from rulemint_shared.contract.tapes import TapeWish


class TapeSampler:
    """Chooses by chance: no caller may tell which of its requests leaves a tape."""

    def __init__(self, default: TapeSampling) -> None:
        """*default* is of tenants that have said nothing."""
        self._default = default

    def wish(self, tenant: Tenant) -> TapeWish:
        """The wish for a tape of the next token request of *tenant*."""
        sampling = tenant.tapes or self._default
        if sampling.one_in and random.random() * sampling.one_in < 1:  # noqa: S311  # who guesses it learns nothing
            return TapeWish.ALWAYS
        return TapeWish.FAILURES if sampling.failures else TapeWish.NO
