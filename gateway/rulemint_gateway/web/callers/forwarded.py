"""The hops that a request's headers name, nearest first: ``Forwarded`` (RFC 7239) and ``X-Forwarded-For``.

A proxy adds the address that it saw at the right end, and everything to its left is what it was sent. So headers are
read from the right: text that a client made up cannot change how the part of a proxy is read.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_HOPS = 32
MAX_CHARACTERS = 4_096
"""Of one header, all its lines together; what is further to the left is not read."""
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105  # a token of RFC 9110 §5.6.2, no secret
_QUOTED = r'"(?:[^"\\]|\\.)*+"'
_PAIR = re.compile(rf"[ \t]*(?:({_TOKEN})=({_TOKEN}|{_QUOTED}))?[ \t]*")
_NODE = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+))(?::(?:[0-9]{1,5}|_[A-Za-z0-9._-]+))?")
_ESCAPED = re.compile(r"\\(.)")


def forwarded_hops(lines: Iterable[str]) -> Iterator[Address | None]:
    """The addresses of ``Forwarded`` headers, nearest first; None where an element names none."""
    return (_address_of_element(element) for element in _elements(",".join(lines)) if element.strip())


def x_forwarded_for_hops(lines: Iterable[str]) -> Iterator[Address | None]:
    """The addresses of ``X-Forwarded-For`` headers, nearest first; None where there is something else."""
    text = ",".join(lines)
    if len(text) > MAX_CHARACTERS:
        text = text[-MAX_CHARACTERS:].partition(",")[2]
    elements = text.rsplit(",", MAX_HOPS)[-MAX_HOPS:]
    return (parse_address(element.strip(" \t")) for element in reversed(elements) if element.strip())


def parse_address(text: str) -> Address | None:
    """The IP address in *text*, also with a port or in brackets. IPv4 in IPv6 (``::ffff:1.2.3.4``) is IPv4."""
    node = _NODE.fullmatch(text)
    try:
        address = ipaddress.ip_address(text if node is None else node["six"] or node["four"])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    return address.ipv4_mapped or ipaddress.IPv6Address(address.packed)  # without the zone of a link


def _elements(text: str) -> Iterator[str]:
    """The elements of a ``Forwarded`` header, from the right as far as they can be told apart."""
    left_out = len(text) > MAX_CHARACTERS
    text = text[-MAX_CHARACTERS:]
    end = len(text)
    for _ in range(MAX_HOPS):
        start = _start_of_element(text, end)
        if start is None or (start == 0 and left_out):
            return
        yield text[start:end]
        if start == 0:
            return
        end = start - 1


def _start_of_element(text: str, end: int) -> int | None:
    """The index at which the element begins that ends at *end*: after the next comma to the left outside of quotes."""
    quoted = False
    for at in range(end - 1, -1, -1):
        if text[at] == '"' and not (quoted and _is_escaped(text, at)):
            quoted = not quoted
        elif text[at] == "," and not quoted:
            return at + 1
    return None if quoted else 0


def _is_escaped(text: str, at: int) -> bool:
    """True if an odd number of backslashes stands before *at*."""
    before = at
    while before and text[before - 1] == "\\":
        before -= 1
    return (at - before) % 2 == 1


def _address_of_element(element: str) -> Address | None:
    """The ``for`` of one element; None if it has none, two, or one that is obfuscated, or is malformed otherwise."""
    found: list[str] = []
    at = 0
    while at <= len(element):
        pair = _PAIR.match(element, at)
        if pair is None or (pair.end() < len(element) and element[pair.end()] != ";"):
            return None
        if (pair[1] or "").lower() == "for":
            found.append(_unquoted(pair[2]))
        at = pair.end() + 1
    return parse_address(found[0]) if len(found) == 1 else None


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
