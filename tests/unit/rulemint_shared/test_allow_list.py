from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_shared.allow_list import MAX_ENTRIES, AllowedHost, normal_name, parse_entries, parse_entry, port_of


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("api.example.com", AllowedHost("https", "api.example.com", 443)),
        ("api.example.com:8443", AllowedHost("https", "api.example.com", 8443)),
        ("http://api.example.com", AllowedHost("http", "api.example.com", 80)),
        ("http://api.example.com:8080", AllowedHost("http", "api.example.com", 8080)),
        ("HTTP://API.Example.Com.", AllowedHost("http", "api.example.com", 80)),
        ("*.example.com", AllowedHost("https", "example.com", 443, is_wildcard=True)),
        ("http://*.example.com:81", AllowedHost("http", "example.com", 81, is_wildcard=True)),
        ("bücher.example", AllowedHost("https", "xn--bcher-kva.example", 443)),
        ("BÜCHER.example", AllowedHost("https", "xn--bcher-kva.example", 443)),
        ("api。example。com", AllowedHost("https", "api.example.com", 443)),
        ("http://orders:9000", AllowedHost("http", "orders", 9000)),
        ("http://my_service", AllowedHost("http", "my_service", 80)),
    ],
)
def test_an_entry_is_read_and_normalised(text: str, entry: AllowedHost) -> None:
    assert parse_entry(text) == entry
    assert parse_entry(str(entry)) == entry


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "missing"),
        (".", "missing"),
        ("http://", "missing"),
        ("https://api.example.com", "leave https:// out"),
        ("ftp://api.example.com", "no scheme"),
        ("api.example.com/v1", "without a user, a path"),
        ("api.example.com?x", "without a user, a path"),
        ("api.example.com#x", "without a user, a path"),
        ("api.example.com\\x", "without a user, a path"),
        ("user@api.example.com", "without a user"),
        ("api.example.com:0", "no port"),
        ("api.example.com:", "no port"),
        ("api.example.com:65536", "no port"),
        ("api.example.com:٤٤٣", "no port"),
        ("api.example.com:https", "no port"),
        ("127.0.0.1", "address"),
        ("2130706433", "address"),
        ("0x7f.1", "address"),
        ("0x7f000001", "address"),
        ("0177.0.0.1", "address"),
        ("127.1", "address"),
        ("1.2.3", "address"),
        ("example.0x", "address"),
        ("\uff11\uff12\uff17.\uff10.\uff10.\uff11", "address"),
        ("127。0。0。1", "address"),
        ("[::1]", "address"),
        ("::1", "address"),
        ("[::ffff:127.0.0.1]:443", "address"),
        ("localhost", "this machine itself"),
        ("LOCALHOST.", "this machine itself"),
        ("foo.localhost", "this machine itself"),
        ("*", "star"),
        ("*.com", "half the internet"),
        ("**.example.com", "star"),
        ("*.*.example.com", "star"),
        ("api.*.com", "star"),
        ("a*.example.com", "star"),
        ("api..example.com", "not a DNS name"),
        (".example.com", "not a DNS name"),
        ("-api.example.com", "not a DNS name"),
        ("api.example.com..", "not a DNS name"),
        ("api.exa mple.com", "not a DNS name"),
        ("api.example.com\n", "not a DNS name"),
        ("api%2eexample.com", "not a DNS name"),
        (f"{'a' * 64}.example.com", "not a DNS name"),
        ("\ud800.example.com", "DNS can carry"),
        (".".join(["abcdefgh"] * 30), "not a DNS name"),
        ("a" * 301, "at most 300"),
    ],
)
def test_a_malformed_entry_is_refused_with_its_mistake(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_entry(text)


def test_a_star_stands_for_exactly_one_label() -> None:
    entry = parse_entry("*.example.com")
    assert entry.allows("https", "api.example.com", 443)
    assert not entry.allows("https", "example.com", 443)
    assert not entry.allows("https", "a.b.example.com", 443)
    assert not entry.allows("https", "apiexample.com", 443)
    assert not entry.allows("https", ".example.com", 443)


def test_an_entry_stands_for_its_own_scheme_and_port_only() -> None:
    assert not parse_entry("api.example.com").allows("http", "api.example.com", 80)
    assert not parse_entry("api.example.com").allows("http", "api.example.com", 443)
    assert not parse_entry("http://api.example.com").allows("https", "api.example.com", 443)
    assert not parse_entry("api.example.com:8443").allows("https", "api.example.com", 443)


def test_a_rule_has_no_endless_list() -> None:
    assert len(parse_entries(["a.example"] * MAX_ENTRIES)) == MAX_ENTRIES
    with pytest.raises(ValueError, match="entries"):
        parse_entries(["a.example"] * (MAX_ENTRIES + 1))


@given(st.text(max_size=80))
def test_a_name_that_is_accepted_is_normal_already(text: str) -> None:
    try:
        name = normal_name(text)
    except ValueError:
        return
    assert normal_name(name) == name
    assert name == name.lower()
    assert name.isascii()
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(st.text(max_size=80))
def test_whatever_is_no_entry_is_a_value_error(text: str) -> None:
    try:
        entry = parse_entry(text)
    except ValueError:
        return
    assert parse_entry(str(entry)) == entry


@given(st.integers())
def test_a_port_is_a_number_from_1_to_65535(number: int) -> None:
    if 1 <= number <= 65_535:
        assert port_of(str(number)) == number
    else:
        with pytest.raises(ValueError, match="no port"):
            port_of(str(number))
