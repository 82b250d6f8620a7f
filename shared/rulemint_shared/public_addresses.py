"""Tell which addresses are public. The tables are ours: ``ipaddress.is_global`` lets several special blocks through.

IPv4: everything but the blocks of the IANA special-purpose registry, multicast, the reserved top, and what cloud
providers put behind public numbers. IPv6: only 2000::/3, which is all that is allocated to hosts, without the blocks in
it that embed an IPv4 address or belong to documentation and protocols.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host agent, on a public number
        "169.254.0.0/16",  # link-local; the metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_HOSTS_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: embeds an IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3ffe::/16",  # the former 6bone
        "3fff::/20",  # documentation
    )
)


def is_public(address: Address) -> bool:
    """Tell whether *address* belongs to a host on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _SPECIAL_V4)
    return address.scope_id is None and address in _HOSTS_V6 and not any(address in block for block in _SPECIAL_V6)


class AddressPolicy:
    """Public addresses, and the networks that the operator named. No other private address is reached, nor loopback."""

    def __init__(self, allow_private: Iterable[str] = ()) -> None:
        """*allow_private* are networks as CIDR; a ValueError names the one that is none."""
        self._allowed: tuple[Network, ...] = tuple(ipaddress.ip_network(text) for text in allow_private)

    def allows(self, text: str) -> bool:
        """Tell whether the address that *text* spells may be connected to; a text that is no address may not."""
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        listed = any(address.version == network.version and address in network for network in self._allowed)
        has_scope = isinstance(address, IPv6Address) and address.scope_id is not None
        return (listed and not has_scope) or is_public(address)
