from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.web.callers.forwarded import (
    MAX_CHARACTERS,
    MAX_HOPS,
    forwarded_hops,
    parse_address,
    x_forwarded_for_hops,
)

HEADER_TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200)
ADDRESSES = st.ip_addresses().map(lambda address: getattr(address, "ipv4_mapped", None) or address)


def shown(lines: list[str]) -> list[str | None]:
    return [None if hop is None else str(hop) for hop in forwarded_hops(lines)]


@pytest.mark.parametrize(
    ("line", "hops"),
    [
        pytest.param("for=192.0.2.43", ["192.0.2.43"], id="an IPv4 address"),
        pytest.param('for="192.0.2.43:8080"', ["192.0.2.43"], id="with a port"),
        pytest.param('For="[2001:DB8::17]:4711"', ["2001:db8::17"], id="an IPv6 address in brackets with a port"),
        pytest.param('for="[2001:db8::17]"', ["2001:db8::17"], id="without a port"),
        pytest.param('for="192.0.2.43:_p0rt"', ["192.0.2.43"], id="an obfuscated port"),
        pytest.param(r'for="192\.0.2.43"', ["192.0.2.43"], id="an escaped character"),
        pytest.param('for="[::ffff:192.0.2.43]"', ["192.0.2.43"], id="IPv4 in IPv6"),
        pytest.param("for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"], id="other pairs behind"),
        pytest.param("proto=http; By=203.0.113.43 ;for=192.0.2.60", ["192.0.2.60"], id="other pairs before"),
        pytest.param(
            "for=192.0.2.43, for=198.51.100.17", ["198.51.100.17", "192.0.2.43"], id="two hops, nearest first"
        ),
        pytest.param("for=192.0.2.43,,  ,for=198.51.100.17,", ["198.51.100.17", "192.0.2.43"], id="empty elements"),
        pytest.param("for=_gazonk", [None], id="an obfuscated name"),
        pytest.param('for="_SEVKISEK"', [None], id="an obfuscated name in quotes"),
        pytest.param("for=unknown", [None], id="unknown"),
        pytest.param("proto=https", [None], id="no for"),
        pytest.param("for=1.1.1.1;for=2.2.2.2", [None], id="two fors"),
        pytest.param("for=2001:db8::17", [None], id="an IPv6 address without quotes"),
        pytest.param("for = 192.0.2.43", [None], id="blanks around the sign"),
        pytest.param('for="192.0.2.43"x', [None], id="something behind the quotes"),
        pytest.param("for=1.1.1.1 for=2.2.2.2", [None], id="a missing separator"),
        pytest.param("for=300.0.2.43", [None], id="no address"),
        pytest.param('host="a, for=6.6.6.6";for=192.0.2.43', ["192.0.2.43"], id="a comma in quotes"),
        pytest.param(r'for=192.0.2.43;host="a\", for=6.6.6.6;b=\""', ["192.0.2.43"], id="a quote in quotes"),
        pytest.param(r'for=192.0.2.43;host="a\\"', ["192.0.2.43"], id="a backslash at the end"),
        pytest.param('for="6.6.6.6', [], id="quotes that never end"),
        pytest.param('for="6.6.6.6, for="[2001:db8::17]"', ["2001:db8::17"], id="such quotes before a good hop"),
        pytest.param('for=6.6.6.6;x=", for=192.0.2.43;host="b"', ["192.0.2.43"], id="quotes that would swallow a hop"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_forwarded_is_read_from_the_right(line: str, hops: list[str | None]) -> None:
    assert shown([line]) == hops


def test_lines_are_one_list_in_their_order() -> None:
    assert shown(["for=1.1.1.1, for=2.2.2.2", "for=3.3.3.3"]) == ["3.3.3.3", "2.2.2.2", "1.1.1.1"]
    assert [str(hop) for hop in x_forwarded_for_hops(["1.1.1.1,2.2.2.2", "3.3.3.3"])] == [
        "3.3.3.3",
        "2.2.2.2",
        "1.1.1.1",
    ]


@pytest.mark.parametrize(
    ("line", "hops"),
    [
        pytest.param(
            "203.0.113.195, 2001:db8::17 ,198.51.100.178", ["198.51.100.178", "2001:db8::17", "203.0.113.195"]
        ),
        pytest.param("203.0.113.195:41237", ["203.0.113.195"]),
        pytest.param("[2001:db8::17]:41237", ["2001:db8::17"]),
        pytest.param("::ffff:203.0.113.195", ["203.0.113.195"]),
        pytest.param(", 203.0.113.195", ["203.0.113.195"]),
        pytest.param("unknown, 203.0.113.195", ["203.0.113.195", "None"]),
        pytest.param("203.0.113.195 203.0.113.196", ["None"]),
        pytest.param("203.0.113.0195", ["None"]),
        pytest.param('"203.0.113.195"', ["None"]),
    ],
)
def test_x_forwarded_for_is_read_from_the_right(line: str, hops: list[str]) -> None:
    assert [str(hop) for hop in x_forwarded_for_hops([line])] == hops


@given(made_up=st.lists(HEADER_TEXT, max_size=3), added=ADDRESSES)
def test_what_a_client_sends_never_changes_how_a_proxy_s_part_is_read(made_up: list[str], added: object) -> None:
    node = f'"[{added}]"' if isinstance(added, ipaddress.IPv6Address) else str(added)
    for lines in ([*made_up, f"for={node};proto=https"], [",".join([*made_up, f"for={node};proto=https"])]):
        assert next(forwarded_hops(lines)) == added
    for lines in ([*made_up, str(added)], [", ".join([*made_up, str(added)])]):
        assert next(x_forwarded_for_hops(lines)) == added


@given(text=HEADER_TEXT)
def test_no_header_is_an_error(text: str) -> None:
    assert len(list(forwarded_hops([text]))) <= MAX_HOPS
    assert len(list(x_forwarded_for_hops([text]))) <= MAX_HOPS


@pytest.mark.parametrize("piece", ['"', '\\"', "\\", ",", ";", 'for="', " ", "for=1.1.1.1,", 'a="\\"'])
def test_long_headers_are_read_as_far_as_the_bounds_go(piece: str) -> None:
    text = piece * 20_000 + ",for=192.0.2.43"
    assert next(forwarded_hops([text])) == parse_address("192.0.2.43")
    assert len(list(forwarded_hops([text]))) <= MAX_HOPS


def test_an_address_that_the_bound_cuts_is_no_hop() -> None:
    filler = " " * (MAX_CHARACTERS - len("1.2.3.4"))
    assert list(x_forwarded_for_hops([f"211.2.3.4{filler}"])) == []
    assert list(forwarded_hops([f"for=211.2.3.4{filler}"])) == []


def test_hops_behind_the_bound_are_not_read() -> None:
    assert len(list(x_forwarded_for_hops(["1.1.1.1," * 100]))) == MAX_HOPS - 1  # the last one is empty
    assert len(list(forwarded_hops([", ".join(["for=1.1.1.1"] * 100)]))) == MAX_HOPS
