from __future__ import annotations

from pathlib import Path

import pytest

from rulemint_gateway.settings.gateway import GatewaySettings
from rulemint_shared.process.settings import SettingsError, read_settings

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


def test_trusted_proxies_are_networks_and_single_addresses() -> None:
    settings = settings_of(RULEMINT_TRUSTED_PROXIES="10.0.0.0/8, fd00::/8,192.0.2.1, ::ffff:172.16.0.0/108")
    assert [str(network) for network in settings.trusted_networks()] == [
        "10.0.0.0/8",
        "fd00::/8",
        "192.0.2.1/32",
        "172.16.0.0/12",
    ]
    assert settings_of().trusted_networks() == ()


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "proxy.example.com", "10.0.0.0/8;10.0.0.0/8", "10.0.0."])
def test_a_trusted_proxy_that_is_no_network_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(SettingsError, match=r"RULEMINT_TRUSTED_PROXIES: .*write networks as") as refused:
        settings_of(RULEMINT_TRUSTED_PROXIES=f"192.0.2.0/24,{text}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96"])
def test_nobody_trusts_everybody(text: str) -> None:
    with pytest.raises(SettingsError, match="trusts everybody"):
        settings_of(RULEMINT_TRUSTED_PROXIES=text)


def test_proxies_may_be_named_by_their_hosts() -> None:
    assert settings_of(RULEMINT_TRUSTED_PROXY_NAMES="proxy, edge.example.com").proxy_names() == (
        "proxy",
        "edge.example.com",
    )
    assert settings_of().proxy_names() == ()


@pytest.mark.parametrize("text", ["10.0.0.0/8", "https://proxy", "proxy;edge", "proxy edge", "-proxy"])
def test_a_name_that_no_host_can_have_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(SettingsError, match=r"RULEMINT_TRUSTED_PROXY_NAMES: .*write names as") as refused:
        settings_of(RULEMINT_TRUSTED_PROXY_NAMES=f"proxy,{text}")
    assert "\n" not in str(refused.value)


def test_the_header_of_the_proxies_is_one_of_three() -> None:
    assert settings_of(RULEMINT_PROXY_HEADER="forwarded").proxy_header == "forwarded"
    with pytest.raises(SettingsError, match="RULEMINT_PROXY_HEADER"):
        settings_of(RULEMINT_PROXY_HEADER="x-real-ip")


@pytest.mark.parametrize("issuer", ["https://id.example.com/auth/", "https://id.example.com/a/b/"])
def test_an_issuer_with_a_path_is_refused_with_what_to_set(issuer: str) -> None:
    with pytest.raises(SettingsError, match="RULEMINT_ISSUER has a path"):
        settings_of(RULEMINT_ISSUER=issuer)


@pytest.mark.parametrize(
    "issuer", ["https://id.example.com", "ftp://x/", "https://a@b/", "https://x/?a=b", "https:///"]
)
def test_an_issuer_that_is_no_root_of_a_host_is_refused(issuer: str) -> None:
    with pytest.raises(SettingsError, match="RULEMINT_ISSUER"):
        settings_of(RULEMINT_ISSUER=issuer)


def test_only_an_admin_file_that_is_there_keeps_an_empty_server_from_being_filled(tmp_path: Path) -> None:
    admin = tmp_path / "admin.json"
    assert settings_of().may_bootstrap()
    assert settings_of(RULEMINT_ADMIN_FILE=str(admin)).may_bootstrap()
    admin.write_text("{}")
    assert not settings_of(RULEMINT_ADMIN_FILE=str(admin)).may_bootstrap()
    assert settings_of(RULEMINT_ADMIN_FILE=str(admin), RULEMINT_BOOTSTRAP="1").may_bootstrap()
    too_long = tmp_path / ("a" * 300)  # the kernel refuses to look
    assert settings_of(RULEMINT_ADMIN_FILE=str(too_long)).may_bootstrap()
