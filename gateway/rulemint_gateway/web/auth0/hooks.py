"""``/api/v2/hooks`` and ``/api/v2/hooks/{id}/secrets``."""

from __future__ import annotations

from rulemint_gateway.auth0.hooks import HookAnswer, Hooks
from rulemint_gateway.management.rules.secrets import RuleSecretsOf
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.management.long_lists import LongNounHandlers
from rulemint_gateway.web.management.rules.secrets import SecretHandlers

FILTERS = {"triggerId": "triggerId", "enabled": "enabled"}


class HookHandlers(LongNounHandlers[HookAnswer]):
    """The five calls of hooks, and the four of a hook's secrets, of which a PATCH answers 201 as at Auth0."""

    def __init__(self, hooks: Hooks, secrets: RuleSecretsOf, *, page_bytes: int) -> None:
        super().__init__(hooks, name="hooks", filters=FILTERS, page_bytes=page_bytes)
        self._secrets = SecretHandlers(
            secrets, noun="hooks", replaced=201, delete_scope="delete:hooks", check=hooks.find
        )

    def operations(self) -> list[Operation]:
        """The calls about hooks and their secrets."""
        return [*super().operations(), *self._secrets.operations()]
