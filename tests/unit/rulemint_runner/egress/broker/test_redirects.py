from __future__ import annotations

import pytest

from rulemint_runner.egress.broker.redirects import Hop, next_hop
from rulemint_runner.egress.errors import EgressDenied
from rulemint_runner.egress.urls import allowed_url
from rulemint_shared.allow_list import parse_entries

LISTED = parse_entries(["a.example", "b.example", "http://a.example", "a.example:8443"])
CREDENTIALS = [("Authorization", "Bearer t"), ("cookie", "c=1")]
OTHERS = [("Content-Type", "text/plain"), ("X-Mine", "1")]


def hop(method: str = "POST") -> Hop:
    return Hop(method, allowed_url("https://a.example/x/y?q", LISTED), [*CREDENTIALS, *OTHERS], b"body")


@pytest.mark.parametrize(
    ("status", "method", "onward"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (303, "GET", "GET"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
    ],
)
def test_method_and_body_change_as_the_fetch_standard_has_it(status: int, method: str, onward: str) -> None:
    following = next_hop(hop(method), status, "/z", LISTED)
    assert following.method == onward
    keeps_body = onward == method
    assert following.body == (b"body" if keeps_body else b"")
    assert (("Content-Type", "text/plain") in following.headers) == keeps_body
    assert ("X-Mine", "1") in following.headers


def test_credentials_stay_within_their_origin() -> None:
    same = next_hop(hop(), 307, "https://a.example:443/z", LISTED)
    assert same.headers == [*CREDENTIALS, *OTHERS]
    for elsewhere in ("https://b.example/", "http://a.example/", "https://a.example:8443/", "//b.example/"):
        assert next_hop(hop(), 307, elsewhere, LISTED).headers == OTHERS


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("z", "https://a.example/x/z"),
        ("/z", "https://a.example/z"),
        ("?r", "https://a.example/x/y?r"),
        ("../../../z", "https://a.example/z"),
        ("//b.example/z#f", "https://b.example/z"),
        ("", "https://a.example/x/y?q"),
    ],
)
def test_a_location_is_relative_to_where_it_came_from(location: str, url: str) -> None:
    assert str(next_hop(hop(), 302, location, LISTED).url) == url


@pytest.mark.parametrize(
    "location",
    [
        "https://169.254.169.254/",
        "https://c.example/",
        "http://b.example/",
        "https://user:pw@b.example/",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://[::1]/",
        "https://[",
        "https://b.example:22/",
        "https://a.example\x00/",
    ],
)
def test_a_redirect_leads_nowhere_that_the_rule_could_not_have_gone(location: str) -> None:
    with pytest.raises(EgressDenied):
        next_hop(hop(), 302, location, LISTED)
