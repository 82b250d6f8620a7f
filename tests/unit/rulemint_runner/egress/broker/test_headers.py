from __future__ import annotations

import pytest

from rulemint_runner.egress.broker.headers import check_host, handed_on, sendable
from rulemint_runner.egress.errors import Code, EgressDenied, EgressTooLarge
from rulemint_runner.egress.urls import parse_url

DEFAULTS = [("User-Agent", "Rulemint"), ("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate")]


def test_a_request_has_our_user_agent_unless_the_rule_gives_its_own() -> None:
    assert sendable(()) == DEFAULTS
    assert sendable((("user-agent", "mine"), ("accept", "a/b"))) == [
        ("user-agent", "mine"),
        ("accept", "a/b"),
        DEFAULTS[2],
    ]


@pytest.mark.parametrize(
    "name",
    """Host Content-Length Transfer-Encoding Connection Keep-Alive TE Proxy-Connection HOST content-length
    Accept-Encoding""".split(),  # noqa: SIM905  # quotes read worse
)
def test_what_describes_the_connection_is_not_the_rule_s_to_say(name: str) -> None:
    assert sendable(((name, "x"),)) == DEFAULTS


@pytest.mark.parametrize("name", ["Trailer", "Upgrade", "EXPECT", "Proxy-Authorization", "Proxy-X", "HTTP2-Settings"])
def test_what_would_not_have_its_effect_is_refused_by_name(name: str) -> None:
    with pytest.raises(EgressDenied, match=f"the header {name} is not sent: ") as refused:
        sendable(((name, "x"),))
    assert refused.value.code is Code.FORBIDDEN_HEADER


def test_a_client_that_unpacks_by_itself_asks_for_its_own_codings() -> None:
    assert ("accept-encoding", "br") in sendable((("accept-encoding", "br"),), as_sent=True)
    assert ("Accept-Encoding", "identity") in sendable((), as_sent=True)


@pytest.mark.parametrize("host", ["api.example.com", "API.example.com:443"])
def test_the_host_of_the_url_may_be_said_again(host: str) -> None:
    check_host((("Host", host),), parse_url("https://api.example.com/"))


@pytest.mark.parametrize("host", ["other.example.com", "api.example.com:444", ""])
def test_another_host_than_that_of_the_url_is_refused(host: str) -> None:
    with pytest.raises(EgressDenied, match="must be the host of the URL") as refused:
        check_host((("host", host),), parse_url("https://api.example.com/"))
    assert refused.value.code is Code.FORBIDDEN_HEADER


@pytest.mark.parametrize("name", ["", " x", "x ", "x:", "x\r\ny", "ü", "x\0", "a b"])
def test_a_name_that_is_no_token_is_denied(name: str) -> None:
    with pytest.raises(EgressDenied, match="not the name of a header"):
        sendable(((name, "x"),))


@pytest.mark.parametrize("value", ["a\r\nHost: evil", "a\nb", "a\rb", "a\0b", "ü", "\x7f", "\ud800"])
def test_a_value_that_is_not_printable_is_denied(value: str) -> None:
    with pytest.raises(EgressDenied, match="not printable ASCII"):
        sendable((("X-Name", value),))


def test_headers_are_bounded_together() -> None:
    with pytest.raises(EgressTooLarge, match="the request's headers"):
        sendable(tuple((f"x-{number}", "a" * 8_000) for number in range(9)))
    with pytest.raises(EgressTooLarge, match="the response's headers"):
        handed_on([(b"x", b"a" * 8_000)] * 9, was_decoded=False)
    with pytest.raises(EgressTooLarge, match="more than 100 headers"):
        handed_on([(b"x", b"a")] * 101, was_decoded=False)


def test_a_rule_sees_what_the_server_sent_but_for_the_connection() -> None:
    raw = [
        (b"Content-Type", b"text/plain"),
        (b"Set-Cookie", b"a=1"),
        (b"Set-Cookie", b"b=\xe9"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Connection", b"close"),
        (b"Content-Length", b"5"),
        (b"Content-Encoding", b"br"),
    ]
    cookies = (("set-cookie", "a=1"), ("set-cookie", "b=é"))
    kept = (("content-type", "text/plain"), *cookies)
    assert handed_on(raw, was_decoded=False) == (*kept, ("content-length", "5"), ("content-encoding", "br"))
    assert handed_on(raw, was_decoded=True) == kept
