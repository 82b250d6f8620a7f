"""Signs in by a client's id and secret: checked, counted and refused as the token endpoint does it."""

from __future__ import annotations

from typing import NamedTuple

from rulemint_gateway.management.errors import ForbiddenError, ThrottledError, UnauthorizedError
from rulemint_gateway.oauth import errors
from rulemint_gateway.oauth.client_grants import check_grant
from rulemint_gateway.oauth.grant_types import CLIENT_CREDENTIALS_GRANT
from rulemint_gateway.oauth.guarded_authentication import GuardedAuthentication
from rulemint_gateway.oauth.parameters import parameters_of
from rulemint_gateway.oauth.token_request import Credentials, TokenRequest
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.sessions.records import ClientHolder, holder_of


class Proven(NamedTuple):
    """A client that has shown its secret, and may manage the tenant."""

    holder: ClientHolder
    subject: str


class ClientSecretSignIn:
    """Asks in the place of the token endpoint. No rule runs, as none does for a token of the management API."""

    def __init__(self, authenticator: GuardedAuthentication) -> None:
        self._authenticator = authenticator

    def prove(self, config: TenantConfig, client_id: str, client_secret: str, *, source: str) -> Proven:
        """The client of these credentials, with all scopes that it is granted.

        Raises:
            ThrottledError: authentication failed too often from *source*.
            UnauthorizedError: the credentials prove no client.
            ForbiddenError: the client may not manage this tenant.
        """
        api = config.management_api()
        if api is None:
            raise UnauthorizedError("This tenant has no management API", with_token=False)
        asked = TokenRequest(
            credentials=[Credentials(client_id, client_secret)],
            audience=api.identifier,
            scope=[],
            as_sent=parameters_of({}),
        )
        try:
            self._authenticator.check(config, asked, source)
            client = self._authenticator.authenticate(config, asked, source)
            checked = check_grant(config, client, asked, CLIENT_CREDENTIALS_GRANT)
        except errors.Throttled as error:
            raise ThrottledError(error.throttled) from None
        except errors.InvalidClient:
            raise UnauthorizedError("No client has this client_id and client_secret", with_token=False) from None
        except errors.OAuthError:
            raise ForbiddenError("This client may not manage this tenant: give it a client grant") from None
        holder = holder_of(client.record, scopes=checked.scope, secret_name=client.secret_name)
        return Proven(holder, client.record.name or client.record.client_id)
