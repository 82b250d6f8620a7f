from __future__ import annotations

import pytest

from rulemint_gateway.oauth.client_authentication import AuthenticatedClient
from rulemint_gateway.oauth.client_grants import CheckedGrant, check_grant
from rulemint_gateway.oauth.errors import UnauthorizedClient
from rulemint_gateway.oauth.grant_types import CLIENT_CREDENTIALS_GRANT, GrantType
from rulemint_gateway.oauth.parameters import parameters_of
from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, RESOURCE_SERVERS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.contract.records import Client, ClientGrant, ResourceServer, Tenant


def checked_for(*grant_types: str, grant_type: GrantType = CLIENT_CREDENTIALS_GRANT) -> CheckedGrant:
    """What a client of *grant_types* gets by *grant_type*, with a client grant."""
    config = TenantConfig(Tenant(name="default", issuer="https://iss/"))
    config.put(RESOURCE_SERVERS, ResourceServer(id="1", identifier="a"))
    config.put(CLIENT_GRANTS, ClientGrant(id="1", client_id="c", audience="a", scope=("read",)))
    client = AuthenticatedClient(Client(client_id="c", name="c", grant_types=grant_types), "first")
    request = TokenRequest(credentials=[], audience="a", scope=[], as_sent=parameters_of({}))
    return check_grant(config, client, request, grant_type)


@pytest.mark.parametrize("grant_types", [(), ("implicit", "refresh_token")])
def test_a_client_without_the_grant_type_gets_nothing(grant_types: tuple[str, ...]) -> None:
    with pytest.raises(UnauthorizedClient):
        checked_for(*grant_types)


def test_a_client_may_use_no_grant_type_but_those_that_it_is_registered_for() -> None:
    other = GrantType(name="urn:example:proof", gty="proof", credentials=("evidence",), parameters=())
    assert checked_for(other.name, grant_type=other).scope == ["read"]
    with pytest.raises(UnauthorizedClient, match=other.name):
        checked_for("client_credentials", grant_type=other)


def test_a_client_may_have_grant_types_that_there_are_not_here() -> None:
    assert checked_for("implicit", "client_credentials").scope == ["read"]
