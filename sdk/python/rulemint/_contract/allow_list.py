# Made by sdk/derive.py of shared/rulemint_shared/allow_list.py: change that, and run `make sdk`.
"""Read the entries of a rule's ``allow_hosts``, and the DNS names in them. Without an entry, a rule calls no host.

An entry is ``[http://]name[:port]``. Without a scheme it stands for https on port 443; ``http://name`` is the only way
to plain http, on port 80. ``*.example.com`` stands for every name with exactly one label more. Addresses are never
names, however they are spelled: what a name leads to is checked where it is resolved.

Pure: the gateway checks with it what an operator writes, the runner's egress broker what a rule asks for. The test kit
for rules has this file too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Scheme = Literal["https", "http"]

DEFAULT_PORTS: dict[Scheme, int] = {"https": 443, "http": 80}
MAX_ENTRY_CHARACTERS = 300
MAX_ENTRIES = 100
MAX_NAME_CHARACTERS = 253
_HIGHEST_PORT = 65_535

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that makes a name an address to those who read decimal, octal, hexadecimal or short forms."""
_PORT = re.compile(r"[0-9]{1,5}")
_WILDCARD = "*."


@dataclass(frozen=True)
class AllowedHost:
    """One entry, normalised."""

    scheme: Scheme
    name: str
    """A DNS name in lower case and ASCII; of a wildcard, what follows the star and its dot."""
    port: int
    is_wildcard: bool = False

    def allows(self, scheme: Scheme, name: str, port: int) -> bool:
        """Tell whether the entry stands for *name*, which is normalised, with this scheme and port."""
        if (scheme, port) != (self.scheme, self.port):
            return False
        if self.is_wildcard:
            first_label, _, rest = name.partition(".")
            return bool(first_label) and rest == self.name
        return name == self.name

    def __str__(self) -> str:
        scheme = "" if self.scheme == "https" else f"{self.scheme}://"
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{scheme}{_WILDCARD if self.is_wildcard else ''}{self.name}{port}"


def parse_entries(texts: Iterable[str]) -> tuple[AllowedHost, ...]:
    """The entries of one rule.

    Raises:
        ValueError: there are too many, or one is malformed.
    """
    entries = tuple(texts)
    if len(entries) > MAX_ENTRIES:
        raise ValueError(f"allow_hosts has {len(entries)} entries; a rule may have {MAX_ENTRIES}")
    return tuple(parse_entry(text) for text in entries)


def parse_entry(text: str) -> AllowedHost:
    """The entry that *text* spells.

    Raises:
        ValueError: it is malformed; the text names the mistake and what to write instead.
    """
    if len(text) > MAX_ENTRY_CHARACTERS:
        raise ValueError(f"an entry of allow_hosts has {len(text)} characters; use at most {MAX_ENTRY_CHARACTERS}")
    try:
        return _parse(text)
    except ValueError as error:
        raise ValueError(f"allow_hosts entry {text!r}: {error}") from None


def normal_name(text: str) -> str:
    """The DNS name *text* in lower case and ASCII (UTS 46), without the dot that ends an absolute name.

    Raises:
        ValueError: it is no DNS name. An address is none, however it is spelled.
    """
    name = _to_ascii(text).removesuffix(".")
    if not name:
        raise ValueError("the host's name is missing")
    if len(name) > MAX_NAME_CHARACTERS or _NAME.fullmatch(name) is None:
        raise ValueError(f"{text!r} is not a DNS name; addresses are not allowed, use the host's name")
    last_label = name.rpartition(".")[2]
    if _NUMBER.fullmatch(last_label):
        raise ValueError(f"{text!r} is an address, not a DNS name; use the host's name")
    if last_label == "localhost":
        raise ValueError(f"{text!r} is this machine itself, which no rule may call")
    return name


def port_of(text: str) -> int:
    """The port that *text* spells.

    Raises:
        ValueError: it is none.
    """
    if _PORT.fullmatch(text) is None or not 1 <= int(text) <= _HIGHEST_PORT:
        raise ValueError(f"{text!r} is no port; use a number from 1 to {_HIGHEST_PORT}")
    return int(text)


def _parse(text: str) -> AllowedHost:
    scheme, rest = _split_scheme(text)
    if any(mark in rest for mark in "/?#\\@"):
        raise ValueError("give a host, without a user, a path or a query: name or name:port")
    name, colon, port = rest.partition(":")
    if ":" in port or name.startswith("["):
        raise ValueError("an address is not allowed; use the host's name")
    is_wildcard = name.startswith(_WILDCARD)
    name = name.removeprefix(_WILDCARD)
    if "*" in name:
        raise ValueError("a star may only stand for the whole first label, as in *.example.com")
    name = normal_name(name)
    if is_wildcard and "." not in name:
        raise ValueError(f"*.{name} would be half the internet; a star needs at least two labels after it")
    return AllowedHost(scheme, name, port_of(port) if colon else DEFAULT_PORTS[scheme], is_wildcard)


def _split_scheme(text: str) -> tuple[Scheme, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return "https", text
    if scheme.lower() == "http":
        return "http", rest
    if scheme.lower() == "https":
        raise ValueError(f"leave https:// out; it is what {rest!r} means without a scheme")
    raise ValueError(f"{scheme!r} is no scheme that a rule can use; write the name alone for https, or http://name")


def _to_ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    import idna  # noqa: PLC0415  # few names need it, and a rule's tests run without it

    try:
        return idna.encode(text, uts46=True).decode()
    except UnicodeError as error:
        raise ValueError(f"{text!r} is not a name that DNS can carry: {error}") from None
