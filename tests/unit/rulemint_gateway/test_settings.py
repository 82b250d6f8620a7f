from __future__ import annotations

import pytest

from rulemint_gateway.settings import GatewaySettings
from rulemint_shared.settings import SettingsError, read_settings

NEEDED = {"RULEMINT_REDIS_URL": "redis://localhost", "RULEMINT_MASTER_KEY_FILE": "master.key"}
CERTIFICATE = {"RULEMINT_TLS_CERT": "cert.pem", "RULEMINT_TLS_KEY": "key.pem"}


def settings_of(**variables: str) -> GatewaySettings:
    return read_settings(GatewaySettings, {**NEEDED, **variables})


@pytest.mark.parametrize("only", CERTIFICATE)
def test_a_certificate_without_its_key_is_refused_and_so_is_a_key_alone(only: str) -> None:
    with pytest.raises(SettingsError, match="RULEMINT_TLS_CERT and RULEMINT_TLS_KEY go together"):
        settings_of(**{only: "file.pem"})


def test_a_port_for_https_needs_a_certificate() -> None:
    with pytest.raises(SettingsError, match="RULEMINT_TLS_PORT needs a certificate"):
        settings_of(RULEMINT_TLS_PORT="8443")


def test_http_and_https_cannot_share_a_port() -> None:
    with pytest.raises(SettingsError, match="are the same"):
        settings_of(**CERTIFICATE, RULEMINT_TLS_PORT="8080")


@pytest.mark.parametrize(
    ("variables", "issuer", "domain"),
    [
        pytest.param({}, "http://localhost:8080/", None, id="http alone"),
        pytest.param(CERTIFICATE, "https://localhost:8080/", "localhost:8080", id="https alone"),
        pytest.param(
            {**CERTIFICATE, "RULEMINT_TLS_PORT": "8443"}, "http://localhost:8080/", "localhost:8443", id="both"
        ),
        pytest.param(
            {**CERTIFICATE, "RULEMINT_ISSUER": "https://id.example.com/"},
            "https://id.example.com/",
            "id.example.com",
            id="an issuer of its own",
        ),
    ],
)
def test_the_issuer_stays_what_it_is_and_the_domain_says_where_https_is(
    variables: dict[str, str], issuer: str, domain: str | None
) -> None:
    settings = settings_of(**variables)
    assert (settings.issuer_url(), settings.tls_domain()) == (issuer, domain)
