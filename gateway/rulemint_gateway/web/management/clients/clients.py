"""``/api/v2/clients``: the five calls."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import UNSET

from rulemint_gateway.management.clients.bodies import ClientAnswer
from rulemint_gateway.management.clients.clients import Clients
from rulemint_gateway.web.callers.permitted import require_scope
from rulemint_gateway.web.management.nouns import NounHandlers

FILTERS = {name: name for name in ("is_first_party", "app_type")} | {"is_global": "global"}


class ClientHandlers(NounHandlers[ClientAnswer]):
    """Clients; to set a secret with a patch takes a scope of its own."""

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients, name="clients", filters=FILTERS, id_field="client_id")

    def _check_patch(self, request: web.Request, body: Any) -> None:
        if body.client_secret is not UNSET:
            require_scope(request, "update:client_keys")
