from __future__ import annotations

import ipaddress

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict, CIMultiDictProxy

from rulemint_gateway.web.callers.source_address import PROXIES, ProxyHeader, TrustedProxies, source_address

NETWORKS = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "fd00::/8")]
PROXY, OUTER, CLIENT, LIAR = "10.0.0.1", "10.0.0.2", "192.0.2.43", "203.0.113.66"


def headers(*lines: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(lines))


def xff(*hops: str) -> CIMultiDictProxy[str]:
    return headers(("X-Forwarded-For", ", ".join(hops)))


@pytest.mark.parametrize(
    ("peer", "sent", "source"),
    [
        pytest.param(LIAR, xff(CLIENT), LIAR, id="an outsider is itself, whatever it says"),
        pytest.param(LIAR, headers(("Forwarded", f"for={CLIENT}")), LIAR, id="in both headers"),
        pytest.param(LIAR, xff(CLIENT, PROXY), LIAR, id="also when it names a trusted proxy"),
        pytest.param(PROXY, headers(), PROXY, id="a proxy that says nothing asks for itself"),
        pytest.param(PROXY, xff(CLIENT), CLIENT, id="a proxy says for whom it asks"),
        pytest.param(PROXY, headers(("forwarded", f"For={CLIENT};proto=https")), CLIENT, id="by RFC 7239"),
        pytest.param(PROXY, xff(LIAR, CLIENT), CLIENT, id="what the client sent stands to the left"),
        pytest.param(PROXY, xff(LIAR, CLIENT, OUTER), CLIENT, id="a chain of proxies is passed"),
        pytest.param(PROXY, xff(OUTER), OUTER, id="all trusted: the outermost"),
        pytest.param(PROXY, xff(LIAR, "rubbish", OUTER), OUTER, id="the last good hop counts"),
        pytest.param(PROXY, xff("rubbish"), PROXY, id="which may be the peer"),
        pytest.param(PROXY, headers(("Forwarded", f"for={LIAR}, for=unknown")), PROXY, id="unknown"),
        pytest.param(PROXY, headers(("Forwarded", f'for={LIAR}, for="_hidden"')), PROXY, id="obfuscated"),
        pytest.param("::ffff:10.0.0.1", xff("::ffff:192.0.2.43"), CLIENT, id="IPv4 in IPv6 is IPv4"),
        pytest.param("fd00::1", xff("2001:DB8::0017"), "2001:db8::17", id="IPv6 has one spelling"),
        pytest.param("fd00::1%eth0", xff(CLIENT), CLIENT, id="a link's zone"),
        pytest.param(PROXY, xff(*[OUTER] * 100), OUTER, id="more hops than are read"),
    ],
)
def test_the_source_is_the_first_hop_that_nobody_trusts(peer: str, sent: CIMultiDictProxy[str], source: str) -> None:
    assert TrustedProxies(NETWORKS).source_of(peer, sent) == source


@pytest.mark.parametrize(
    ("header", "source"),
    [
        (ProxyHeader.EITHER, CLIENT),
        (ProxyHeader.X_FORWARDED_FOR, CLIENT),
        (ProxyHeader.FORWARDED, "192.0.2.99"),
    ],
)
def test_of_two_headers_the_setting_says_which_counts(header: ProxyHeader, source: str) -> None:
    both = headers(("Forwarded", "for=192.0.2.99"), ("X-Forwarded-For", CLIENT))
    assert TrustedProxies(NETWORKS, header=header).source_of(PROXY, both) == source


def test_a_header_that_the_proxies_do_not_write_is_not_read() -> None:
    sent = headers(("Forwarded", f"for={LIAR}"))
    assert TrustedProxies(NETWORKS, header=ProxyHeader.X_FORWARDED_FOR).source_of(PROXY, sent) == PROXY


def test_without_trusted_proxies_the_peer_is_the_source() -> None:
    proxies = TrustedProxies()
    assert proxies.source_of(PROXY, xff(CLIENT)) == PROXY
    assert proxies.source_of("::ffff:192.0.2.43", xff(LIAR)) == CLIENT
    assert proxies.source_of(None, xff(LIAR)) == ""


def test_a_named_proxy_is_trusted_at_the_addresses_that_its_name_has_now() -> None:
    proxies = TrustedProxies(names=["proxy"])
    assert proxies.are_there
    assert proxies.source_of(PROXY, xff(CLIENT)) == PROXY
    assert proxies.are_at(frozenset({ipaddress.ip_address(PROXY)}))
    assert proxies.source_of(PROXY, xff(LIAR, CLIENT)) == CLIENT
    assert proxies.direct_source(PROXY) is None
    assert proxies.trusts(PROXY)
    assert proxies.are_at(frozenset({ipaddress.ip_address(OUTER)}))
    assert proxies.source_of(PROXY, xff(CLIENT)) == PROXY
    assert proxies.source_of(OUTER, xff(CLIENT)) == CLIENT
    assert not proxies.are_at(frozenset({ipaddress.ip_address(OUTER)}))


def test_a_request_has_one_source() -> None:
    app = web.Application()
    app[PROXIES] = TrustedProxies(NETWORKS)
    request = make_mocked_request("GET", "/", {"X-Forwarded-For": CLIENT}, app=app).clone(remote=PROXY)
    assert source_address(request) == source_address(request) == CLIENT
