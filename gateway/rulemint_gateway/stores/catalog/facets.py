"""The fields by which clients and client grants are filtered, and the value of a field that a record does not have."""

from __future__ import annotations

from rulemint_gateway.stores.catalog.record_order import Facets
from rulemint_shared.contract.records import Client, ClientGrant

USUAL_APP_TYPE = "non_interactive"
USUALLY_FIRST_PARTY = True


def _of_client(client: Client) -> tuple[object, ...]:
    kept = client.kept
    return kept.get("app_type", USUAL_APP_TYPE), kept.get("is_first_party", USUALLY_FIRST_PARTY)


def _of_grant(grant: ClientGrant) -> tuple[object, ...]:
    return grant.audience, grant.kept.get("allow_any_organization")


CLIENT_FACETS = Facets(("app_type", "is_first_party"), _of_client)
GRANT_FACETS = Facets(("audience", "allow_any_organization"), _of_grant)
