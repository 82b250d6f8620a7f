"""The URLs of a provider that a gateway asks, and those that it never asks."""

from __future__ import annotations

import pytest

from rulemint_gateway.web.sign_in.oidc.reach import CheckedResolver, OutOfReachError, Reach
from rulemint_shared.contract.oidc_providers import OidcProvider

ISSUER = "https://accounts.example.com"


def a_provider(issuer: str = ISSUER, *hosts: str) -> OidcProvider:
    return OidcProvider(name="p", issuer=issuer, client_id="c", secret=b"", claim="groups", hosts=hosts)


@pytest.mark.parametrize(
    "url",
    [
        "https://accounts.example.com/token",
        "https://ACCOUNTS.example.com:443/token",
        "https://www.example.com/keys",
        "https://keys.example.com:8443/keys",
    ],
)
def test_the_issuers_host_and_those_that_the_settings_name_are_asked(url: str) -> None:
    Reach([]).check(url, a_provider(ISSUER, "www.example.com", "keys.example.com:8443"))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/token",
        "https://accounts.example.com.evil.example/token",
        "https://accounts.example.com@evil.example/token",
        "https://accounts.example.com:8443/token",
        "https://www.example.com:8443/keys",
        "http://accounts.example.com/token",
        "https://accounts.example.com\\@evil.example/",
        "ftp://accounts.example.com/",
        "file:///etc/passwd",
        "//accounts.example.com/",
        "https:///token",
        "https://accounts.example.com:99999/token",
        "",
    ],
)
def test_no_other_url_is_asked(url: str) -> None:
    with pytest.raises(OutOfReachError):
        Reach([]).check(url, a_provider(ISSUER, "www.example.com"))


@pytest.mark.parametrize(
    "issuer", ["https://127.0.0.1", "https://10.0.0.1", "https://169.254.169.254", "https://[::1]", "http://localhost"]
)
def test_an_issuer_at_a_private_address_is_asked_only_if_the_operator_named_its_origin(issuer: str) -> None:
    with pytest.raises(OutOfReachError):
        Reach(["https://login.internal"]).check(f"{issuer}/token", a_provider(issuer))
    Reach([issuer]).check(f"{issuer}/token", a_provider(issuer))


@pytest.mark.parametrize(
    "host", ["①②⑦.0.0.1", "127。0。0。1", "①⑥⑨.254.169.254", "[::ffff:127.0.0.1]", "[fe80::1%25lo]"]
)
def test_a_private_address_in_another_spelling_is_none_the_less_private(host: str) -> None:
    """The client connects to an address without asking the resolver, and takes these for one."""
    with pytest.raises(OutOfReachError, match="private address"):
        Reach([]).check(f"https://{host}/token", a_provider(f"https://{host}"))


async def test_a_name_that_leads_to_this_machine_has_no_address() -> None:
    resolver = CheckedResolver(Reach(["http://localhost:3000"]))
    try:
        with pytest.raises(OSError, match="no public address"):
            await resolver.resolve("localhost", 6379)
        assert await resolver.resolve("localhost", 3000)
    finally:
        await resolver.close()
