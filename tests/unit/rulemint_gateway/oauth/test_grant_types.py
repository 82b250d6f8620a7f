"""A parameter that a grant declares as a credential is hidden, also if its name does not sound like one."""

from __future__ import annotations

import pytest

from rulemint_gateway.oauth import exchange, grant_types
from rulemint_gateway.oauth.exchange import mask_parameters
from rulemint_gateway.oauth.grant_types import CLIENT_CREDENTIALS_GRANT, GrantType, without_credentials
from rulemint_gateway.web.token_endpoint import sent
from rulemint_shared.secrets.names import is_secret_name

NEW = GrantType(name="urn:example:proof", gty="proof", credentials=("evidence",), parameters=("client_id",))
SENT = {"grant_type": NEW.name, "client_id": "a", "evidence": "canary"}


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the grant were one of ours, with a proof whose name says nothing."""
    assert not is_secret_name("evidence")
    for module in (grant_types, exchange, sent):
        monkeypatch.setattr(module, "CREDENTIALS", frozenset(NEW.credentials))


@pytest.mark.usefixtures("declared")
def test_no_rule_sees_a_declared_credential() -> None:
    assert without_credentials(SENT) == {"grant_type": NEW.name, "client_id": "a"}


@pytest.mark.usefixtures("declared")
def test_no_record_keeps_a_declared_credential() -> None:
    assert mask_parameters(SENT) == {**SENT, "evidence": "***"}


@pytest.mark.usefixtures("declared")
def test_no_rule_sees_a_declared_credential_in_the_query_or_among_the_headers() -> None:
    assert sent._bounded([("evidence", "canary"), ("other", "b")]) == {"other": "b"}


@pytest.mark.parametrize("name", CLIENT_CREDENTIALS_GRANT.credentials)
def test_a_credential_of_any_grant_is_hidden_from_the_rules_of_all(name: str) -> None:
    assert without_credentials({name: "canary"}) == {}
