from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_shared.public_addresses import AddressPolicy, is_public

SPECIAL = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.255
    168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.192 192.0.2.1
    192.31.196.1 192.52.193.1 192.88.99.1 192.168.0.1 192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
    224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1
    100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:1ff::1 2001:db8::1
    2002:7f00:1:: 2002:808:808::1 2620:4f:8000::1 3ffe::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254
    fe80::1 fec0::1 ff02::1 ffff::1
""".split()  # noqa: SIM905  # a column of quotes reads worse
PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 168.63.129.15
    168.63.129.17 169.253.255.255 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255
    198.20.0.0 223.255.255.255 2001:200::1 2001:4860:4860::8888 2003::1 2606:4700::1111 2a00:1450::1 2fff::1 3ffd::1
""".split()  # noqa: SIM905  # as above

WRONG_IN_IPADDRESS = [
    ipaddress.ip_network(block)
    for block in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.175.48.0/24",
        "224.0.0.0/4",
        "2001::/23",
        "2002::/16",
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",
    )
]
"""What the standard library calls global in one version or another, and we do not call public."""


@pytest.mark.parametrize("text", SPECIAL)
def test_a_special_address_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
    assert not AddressPolicy().allows(text)


@pytest.mark.parametrize("text", PUBLIC)
def test_any_other_address_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))
    assert AddressPolicy().allows(text)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_ipv4_is_public_as_the_standard_library_says_but_for_the_listed_exceptions(address: IPv4Address) -> None:
    is_exception = any(address in network for network in WRONG_IN_IPADDRESS if network.version == 4)
    assert is_public(address) == (address.is_global and not is_exception)


@given(
    st.one_of(
        st.integers(0, 2**128 - 1), st.integers(2**125, 2**126 - 1), st.integers(0x2001 << 112, (0x2003 << 112) - 1)
    ).map(IPv6Address)
)
def test_ipv6_is_public_as_the_standard_library_says_but_for_the_listed_exceptions(address: IPv6Address) -> None:
    is_exception = any(address in network for network in WRONG_IN_IPADDRESS if network.version == 6)
    is_unicast = address in ipaddress.ip_network("2000::/3")
    assert is_public(address) == (is_unicast and address.is_global and not is_exception)


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_address_within_an_ipv6_address_makes_it_public(address: IPv4Address) -> None:
    for embedded in (f"::{address}", f"::ffff:{address}", f"64:ff9b::{address}"):
        assert not AddressPolicy().allows(embedded)
    assert not is_public(IPv6Address((0x2002 << 112) | (int(address) << 80)))


def test_a_network_that_the_operator_named_may_be_reached() -> None:
    policy = AddressPolicy(["10.0.0.0/8", "127.0.0.1/32", "fd00::/8"])
    assert policy.allows("10.1.2.3")
    assert policy.allows("127.0.0.1")
    assert policy.allows("fd00::1")
    assert policy.allows("8.8.8.8")
    for other in ("127.0.0.2", "192.168.0.1", "fe80::1", "::ffff:10.0.0.1", "::1"):
        assert not policy.allows(other)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.1", "2130706433", "fd00::1%eth0", "2606:4700::1%1", "x"]
)
def test_what_is_no_plain_address_may_not_be_reached(text: str) -> None:
    assert not AddressPolicy(["0.0.0.0/0", "::/0"]).allows(text)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "example.com"])
def test_a_network_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        AddressPolicy([text])
