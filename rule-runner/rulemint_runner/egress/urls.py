"""Read a URL of a rule, and decide whether its rule may call it.

A URL is read once, here, and never again as text: the request is built from the parts below, so no second parser can
read another host out of it. A URL that is unusual enough for parsers to disagree on is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urljoin

from rulemint_runner.egress.errors import Code, EgressDenied
from rulemint_shared.allow_list import DEFAULT_PORTS, AllowedHost, Scheme, normal_name, port_of
from rulemint_shared.host_contract import HOST_CONTRACT

MAX_URL_CHARACTERS = HOST_CONTRACT.call.url_characters
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HTTP_URL = re.compile(r"(?P<authority>[^/?#\\]+)(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>[^:\[\]]+)(?::(?P<port>[^:]*))?")
_KEPT_IN_PATH = "/%:@!$&'()*+,;=~-._"
_KEPT_IN_QUERY = "?" + _KEPT_IN_PATH


@dataclass(frozen=True)
class HttpUrl:
    """A URL that a request can be built from; every part is ASCII and normalised, and the fragment is gone."""

    scheme: Scheme
    host: str
    port: int
    target: str
    """Path and query, percent-encoded where they must be."""

    @property
    def origin(self) -> tuple[Scheme, str, int]:
        """Return the part that decides whether credentials may travel on (RFC 6454 §4)."""
        return self.scheme, self.host, self.port

    def __str__(self) -> str:
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.target}"

    def joined(self, reference: str) -> str:
        """The text of what *reference*, a Location header, means on a page of this URL."""
        try:
            return urljoin(str(self), reference)
        except ValueError:
            raise EgressDenied("redirected to something that is no URL") from None


def allowed_url(text: str, entries: Iterable[AllowedHost]) -> HttpUrl:
    """The URL of *text*, if one of *entries* stands for it.

    Raises:
        EgressDenied: it is malformed, or not listed.
    """
    url = parse_url(text)
    listed = tuple(entries)
    if not any(entry.allows(url.scheme, url.host, url.port) for entry in listed):
        raise EgressDenied(_not_listed(url, listed), Code.FORBIDDEN_HOST)
    return url


def parse_url(text: str) -> HttpUrl:
    """The URL of *text*: http or https, with a DNS name, without a user.

    Raises:
        EgressDenied: it is none; the text says why.
    """
    if len(text) > MAX_URL_CHARACTERS:
        raise EgressDenied(f"the URL has more than {MAX_URL_CHARACTERS} characters")
    if _UNPRINTABLE.search(text):
        raise EgressDenied("the URL has a control character in it")
    scheme, rest = _split_scheme(text)
    parts = _HTTP_URL.fullmatch(rest)
    if parts is None:
        raise EgressDenied("the URL has no host, or a backslash in it")
    authority = parts["authority"]
    if "@" in authority:
        raise EgressDenied("the URL has a user or a password in it; send an Authorization header instead")
    split = _AUTHORITY.fullmatch(authority)
    if split is None:
        raise EgressDenied("the host must be a DNS name, not an address", Code.FORBIDDEN_HOST)
    try:
        host = normal_name(split["host"])
        port = port_of(split["port"]) if split["port"] else DEFAULT_PORTS[scheme]
    except ValueError as error:
        raise EgressDenied(f"the URL's host and port: {error}", Code.FORBIDDEN_HOST) from None
    target = _target(parts["path"] or "/", parts["query"] or "")
    if len(target) > MAX_URL_CHARACTERS:
        raise EgressDenied(f"the URL has more than {MAX_URL_CHARACTERS} characters, percent-encoded")
    return HttpUrl(scheme, host, port, target)


def _split_scheme(text: str) -> tuple[Scheme, str]:
    found = _SCHEME.match(text)
    if found is None:
        raise EgressDenied("the URL has no scheme; it must begin with https://")
    scheme = found[1].lower()
    if scheme not in {"http", "https"}:
        raise EgressDenied(f"{scheme}: URLs cannot be fetched, only https: and, where it is listed, http:")
    rest = text[found.end() :]
    if not rest.startswith("//"):
        raise EgressDenied("the URL has no host; it must begin with https://")
    return "https" if scheme == "https" else "http", rest[2:]


def _target(path: str, query: str) -> str:
    return quote(path, safe=_KEPT_IN_PATH) + quote(query if query != "?" else "", safe=_KEPT_IN_QUERY)


def _not_listed(url: HttpUrl, entries: tuple[AllowedHost, ...]) -> str:
    """Say why, and what the operator would have to write."""
    wanted = AllowedHost(url.scheme, url.host, url.port)
    if not entries:
        return f"this rule may call no host; list {wanted} in its allow_hosts"
    same_name = [entry for entry in entries if entry.allows(entry.scheme, url.host, entry.port)]
    if any(entry.scheme != url.scheme for entry in same_name):
        return f"{url.host} may be called with {same_name[0].scheme} only; list {wanted} in the rule's allow_hosts"
    if same_name:
        return f"port {url.port} of {url.host} is not listed; list {wanted} in the rule's allow_hosts"
    return f"{url.host} is not listed; list {wanted} in the rule's allow_hosts"
