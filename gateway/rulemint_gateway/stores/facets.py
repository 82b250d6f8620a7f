"""What lists of clients and of client grants can be filtered by, and what a field is that a record does not have."""

from __future__ import annotations

from rulemint_gateway.stores.record_order import Facets

USUAL_APP_TYPE = "non_interactive"
USUALLY_FIRST_PARTY = True

CLIENT_FACETS: Facets = {
    "app_type": lambda client: client.kept.get("app_type", USUAL_APP_TYPE),
    "is_first_party": lambda client: client.kept.get("is_first_party", USUALLY_FIRST_PARTY),
}
GRANT_FACETS: Facets = {
    "audience": lambda grant: grant.audience,
    "allow_any_organization": lambda grant: grant.kept.get("allow_any_organization"),
}
