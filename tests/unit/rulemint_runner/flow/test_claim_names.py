from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_runner.flow.claim_names import RESERVED, why_left_out
from rulemint_runner.hosts.wire.forms import Form

NO_URL = "must be named by an http or https URL"


@pytest.mark.parametrize("form", Form, ids=str)
@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_is_left_out(name: str, form: Form) -> None:
    assert why_left_out(name, form) == "the name is reserved"


def test_what_a_token_says_of_itself_is_reserved() -> None:
    registered = {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "azp", "client_id", "gty", "scope", "cnf", "act"}
    assert registered <= RESERVED


@pytest.mark.parametrize("form", Form, ids=str)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("https://example.com/plan", id="https"),
        pytest.param("http://example.com", id="http"),
        pytest.param("HTTPS://EXAMPLE.COM/Plan", id="upper case"),
        pytest.param("https://example.com:8443/plan", id="port"),
        pytest.param("https://user:word@example.com/plan", id="userinfo"),
        pytest.param("https://localhost/plan", id="host without a dot"),
        pytest.param("https://[::1]/plan", id="IPv6 host"),
        pytest.param("https://notauth0.com/plan", id="a host that ends alike"),
        pytest.param("https://auth0.com.example.com/plan", id="a host that begins alike"),
        pytest.param("https://example.com/auth0.com", id="path that names a foreign host"),
        pytest.param("https://auth0.com@example.com/", id="userinfo that names a foreign host"),
    ],
)
def test_a_name_within_an_own_url_is_a_claim_in_every_form(name: str, form: Form) -> None:
    assert why_left_out(name, form) is None


@pytest.mark.parametrize("form", Form, ids=str)
@pytest.mark.parametrize(
    ("name", "host"),
    [
        pytest.param("https://auth0.com/plan", "auth0.com", id="auth0.com"),
        pytest.param("http://webtask.io", "webtask.io", id="webtask.io"),
        pytest.param("https://webtask.run/x", "webtask.run", id="webtask.run"),
        pytest.param("https://tenant.eu.auth0.com/x", "tenant.eu.auth0.com", id="sub-domain"),
        pytest.param("HTTPS://Tenant.AUTH0.com/x", "tenant.auth0.com", id="upper case"),
        pytest.param("https://auth0.com:8443/x", "auth0.com", id="port"),
        pytest.param("https://user:word@auth0.com/x", "auth0.com", id="userinfo"),
        pytest.param("https://example.com@auth0.com/x", "auth0.com", id="userinfo that names an own host"),
    ],
)
def test_a_name_within_a_foreign_url_is_left_out_in_every_form(name: str, host: str, form: Form) -> None:
    assert why_left_out(name, form) == f"a claim may not be named after {host}"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("plan", id="plain"),
        pytest.param("", id="empty"),
        pytest.param("ISS", id="reserved but for its case"),
        pytest.param("example.com/plan", id="no scheme"),
        pytest.param("//example.com/plan", id="no scheme but a host"),
        pytest.param("ftp://example.com/plan", id="other scheme"),
        pytest.param("urn:example:plan", id="urn"),
        pytest.param("http://", id="no host"),
        pytest.param("http:///plan", id="path without a host"),
        pytest.param("https://:443/plan", id="port without a host"),
        pytest.param("https://user@/plan", id="userinfo without a host"),
        pytest.param("http:example.com", id="no slashes"),
        pytest.param("http://[::1", id="IPv6 host that does not close"),
        pytest.param("http://[nonsense]/", id="no IPv6 host"),
        pytest.param("http://a]b[/", id="brackets the wrong way"),
        pytest.param("ftp://auth0.com/", id="foreign host in another scheme"),
    ],
)
def test_a_name_that_is_no_url_is_a_claim_in_our_own_form_only(name: str) -> None:
    assert why_left_out(name, Form.OWN) is None
    assert NO_URL in (why_left_out(name, Form.AUTH0) or "")


@pytest.mark.parametrize("name", ["urn:auth0", "urn:auth0:plan"])
def test_a_name_within_the_urn_of_auth0_is_no_claim_of_an_action(name: str) -> None:
    assert why_left_out(name, Form.ACTION) == "a claim may not be named after urn:auth0"
    assert why_left_out("urn:auth0x", Form.ACTION) is None


@given(st.text() | st.text(alphabet="htps:/[]@.0aA%#?").map("https://{}".format))
def test_any_name_is_decided_and_our_own_form_takes_all_that_an_auth0_form_takes(name: str) -> None:
    if why_left_out(name, Form.AUTH0) is None:
        assert why_left_out(name, Form.OWN) is None
