from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import pytest
import yarl
from hypothesis import example, given
from hypothesis import strategies as st

from rulemint_runner.egress.errors import EgressDenied, Kind
from rulemint_runner.egress.urls import MAX_URL_CHARACTERS, HttpUrl, allowed_url, parse_url
from rulemint_shared.allow_list import parse_entries, parse_entry

LISTED = parse_entries(
    ["api.example.com", "*.apps.example.com", "http://plain.example.com:8080", "bücher.example", "api.example.com:8443"]
)

ADDRESSES = [
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::1%25lo]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://169.254.169.254/latest/meta-data",
    "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "https://127。0。0。1/",
    "https://①②⑦.0.0.1/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://x.localhost/",
]


@pytest.mark.parametrize(
    ("text", "built"),
    [
        ("https://api.example.com/h", "https://api.example.com/h"),
        ("https://api.example.com", "https://api.example.com/"),
        ("https://API.example.com./x", "https://api.example.com/x"),
        ("https://api.example.com:443/", "https://api.example.com/"),
        ("https://api.example.com:/", "https://api.example.com/"),
        ("https://api.example.com:8443/", "https://api.example.com:8443/"),
        ("HTTPS://api.example.com/", "https://api.example.com/"),
        ("https://eu.apps.example.com/", "https://eu.apps.example.com/"),
        ("http://plain.example.com:8080/", "http://plain.example.com:8080/"),
        ("https://BÜCHER.example/ü?ü", "https://xn--bcher-kva.example/%C3%BC?%C3%BC"),
        ("https://api.example.com/a b?c d#secret", "https://api.example.com/a%20b?c%20d"),
        ("https://api.example.com?q=1", "https://api.example.com/?q=1"),
        ("https://api.example.com#x", "https://api.example.com/"),
        ("https://api.example.com/%2e%2e/%zz", "https://api.example.com/%2e%2e/%zz"),
        ("https://api.example.com/\\evil.com", "https://api.example.com/%5Cevil.com"),
        ("https://api.example.com/@evil.com", "https://api.example.com/@evil.com"),
        ("https://api.example.com/?u=https://user:p@evil.com", "https://api.example.com/?u=https://user:p@evil.com"),
        ('https://api.example.com/{a}|"<>^`', "https://api.example.com/%7Ba%7D%7C%22%3C%3E%5E%60"),
    ],
)
def test_a_listed_url_is_rebuilt_from_its_normalised_parts(text: str, built: str) -> None:
    assert str(allowed_url(text, LISTED)) == built


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("http://api.example.com/", "with https only"),
        ("https://plain.example.com/", "with http only"),
        ("https://evil.example.com/", "not listed"),
        ("https://api.example.com.evil.com/", "not listed"),
        ("https://apiXexample.com/", "not listed"),
        ("https://a.b.apps.example.com/", "not listed"),
        ("https://apps.example.com/", "not listed"),
        ("https://metadata.google.internal/", "not listed"),
        ("https://api.example.com:6379/", "port 6379"),
        ("https://api.example.com:22/", "port 22"),
        ("https://api.example.com:80/", "port 80"),
        ("https://api.example.com:99999/", "no port"),
        ("https://api.example.com:-1/", "no port"),
        ("https://api.example.com:44\uff13/", "no port"),
        ("https://api.example.com:443:443/", "DNS name"),
        ("https://user@api.example.com/", "user or a password"),
        ("https://user:pw@api.example.com/", "user or a password"),
        ("https://api.example.com@evil.com/", "user or a password"),
        ("https://api.example.com:443@evil.com/", "user or a password"),
        ("https://api.example.com\\@evil.com/", "backslash"),
        ("https://api.example.com\\.evil.com/", "backslash"),
        ("https:\\\\api.example.com/", "no host"),
        ("https:/api.example.com/", "no host"),
        ("https:api.example.com", "no host"),
        ("https:///api.example.com/", "no host"),
        ("https://", "no host"),
        ("https:///", "no host"),
        ("https://?x", "no host"),
        ("https://:443/", "DNS name"),
        ("https://./", "missing"),
        ("//api.example.com/", "no scheme"),
        ("api.example.com", "no scheme"),
        ("/path", "no scheme"),
        ("", "no scheme"),
        (" https://api.example.com/", "no scheme"),
        ("https://api.example.com /", "DNS name"),
        ("https://api.example.com%00.evil.com/", "DNS name"),
        ("https://api.example.com%2f@evil.com/", "user or a password"),
        ("https://api%2eexample.com/", "DNS name"),
        ("https://api.example.com\x00/", "control character"),
        ("https://api.example.com/\r\nHost: evil.com", "control character"),
        ("https://api.example.com/\t", "control character"),
        ("https://api.example.com/\x7f", "control character"),
        ("https://api.example.com/\x85", "control character"),
        ("https://api.example.com/\ud800", "control character"),
        ("https://" + "a" * MAX_URL_CHARACTERS, "characters"),
        ("https://api.example.com/" + "ü" * 2_000, "percent-encoded"),
        ("file:///etc/passwd", "file: URLs"),
        ("gopher://api.example.com/", "gopher: URLs"),
        ("unix:///run/docker.sock", "unix: URLs"),
        ("data:text/plain,x", "data: URLs"),
        ("blob:https://api.example.com/x", "blob: URLs"),
        ("ftp://api.example.com/", "ftp: URLs"),
        ("ws://api.example.com/", "ws: URLs"),
        ("javascript:1", "javascript: URLs"),
    ],
)
def test_any_other_url_is_denied_with_its_reason(text: str, word: str) -> None:
    with pytest.raises(EgressDenied, match=word) as denied:
        allowed_url(text, LISTED)
    assert denied.value.kind is Kind.DENIED


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_denied_in_every_spelling(text: str) -> None:
    with pytest.raises(EgressDenied, match=r"DNS name|this machine"):
        parse_url(text)


def test_a_rule_without_a_list_may_call_nobody() -> None:
    with pytest.raises(EgressDenied, match="may call no host"):
        allowed_url("https://api.example.com/", ())


LABELS = st.text("abz019-_ABZüß例。\uff0e%\\@[]:", min_size=1, max_size=8)
HOSTS = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
PORTS = st.sampled_from(["", ":", ":443", ":80", ":8443", ":0", ":99999", ":x"])
TAILS = st.text("/?#\\@:.%ab \t\nü", max_size=12)
URLS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTPS://", "https:/", "https:\\\\", "//", "ftp://", ""]),
    st.sampled_from(["", "", "user@", "user:pw@", "api.example.com\\@", "api.example.com#@"]),
    st.one_of(HOSTS, st.sampled_from(["api.example.com", "127.0.0.1", "0x7f.1", "[::1]", "x.apps.example.com"])),
    PORTS,
    TAILS,
)


@given(st.one_of(URLS, st.text(max_size=60)))
@example("https://api.example.com\\@evil.com/")
@example("https://api.example.com#@evil.com/")
@example("https://api.example.com/?@evil.com/")
def test_other_parsers_see_the_host_that_was_accepted(text: str) -> None:
    try:
        url = parse_url(text)
    except EgressDenied:
        return
    assert_all_agree(url)
    with pytest.raises(ValueError, match="does not appear to be"):
        ipaddress.ip_address(url.host)
    raw = urlsplit(text)  # and of the text as the rule wrote it
    assert raw.username is None
    assert raw.hostname is not None
    assert parse_entry(f"{'http://' if raw.scheme == 'http' else ''}{raw.hostname}").name == url.host


@given(st.one_of(URLS, st.text(max_size=60)))
def test_what_the_list_accepts_is_on_the_list(text: str) -> None:
    try:
        url = allowed_url(text, LISTED)
    except EgressDenied:
        return
    spelled = ("" if url.scheme == "https" else "http://") + f"{url.host}:{url.port}"
    one_of = {
        "api.example.com:443",
        "api.example.com:8443",
        "http://plain.example.com:8080",
        "xn--bcher-kva.example:443",
    }
    assert spelled in one_of or (spelled.endswith(".apps.example.com:443") and spelled.count(".") == 3)


def assert_all_agree(url: HttpUrl) -> None:
    built = str(url)
    seen_by_yarl = yarl.URL(built, encoded=True)
    assert (seen_by_yarl.scheme, seen_by_yarl.raw_host, seen_by_yarl.port) == (url.scheme, url.host, url.port)
    assert seen_by_yarl.raw_path_qs == url.target
    assert (seen_by_yarl.user, seen_by_yarl.password) == (None, None)
    seen_by_urllib = urlsplit(built)
    assert (seen_by_urllib.scheme, seen_by_urllib.hostname) == (url.scheme, url.host)
    assert parse_url(built) == url
    assert built.isascii()
    assert built.isprintable()
    assert " " not in built


@given(st.text(max_size=60))
@example("//evil.com/")
@example("\\\\evil.com/")
@example("https://[")
@example("?#@evil.com")
def test_a_location_is_judged_like_any_url(location: str) -> None:
    base = allowed_url("https://api.example.com/a/b", LISTED)
    try:
        url = allowed_url(base.joined(location), LISTED)
    except EgressDenied:
        return
    assert_all_agree(url)
    assert url.host in {"api.example.com", "plain.example.com", "xn--bcher-kva.example"} or url.host.count(".") == 3
