"""Define what the runner and the egress broker say: a 4-byte big-endian length, then one MessagePack map.

Each side takes the other for hostile until these types have accepted what it sent. The broker reads HTTP from anybody,
and the requests of rules go through the runner. Anything but one of these messages ends the connection, and with it the
broker. A call under way fails, and the runner goes on.
"""

from __future__ import annotations

from asyncio import IncompleteReadError, StreamReader
from enum import StrEnum
from socket import socket
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

from rulemint_runner.egress.errors import Code, Kind
from rulemint_runner.egress.urls import MAX_URL_CHARACTERS
from rulemint_runner.sandbox.preflight import KernelLayer
from rulemint_shared.allow_list import MAX_ENTRIES, MAX_ENTRY_CHARACTERS
from rulemint_shared.host_contract import HOST_CONTRACT

MAX_BODY_BYTES = HOST_CONTRACT.call.body_bytes
MAX_FRAME_BYTES = MAX_BODY_BYTES + 512 * 1024
"""A body, and room for everything else at its largest."""
MAX_HEADERS = HOST_CONTRACT.call.headers
MAX_HEADER_NAME_CHARACTERS = HOST_CONTRACT.call.header_name_characters
MAX_HEADER_VALUE_CHARACTERS = HOST_CONTRACT.call.header_value_characters
MAX_HEADERS_BYTES = 64 * 1024
"""All names and values together."""
MAX_TIMEOUT_MS = 60_000
MAX_CALLS = 256
"""At once: each may hold a body in each direction."""
_LENGTH_BYTES = 4

Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Text = Annotated[str, Meta(max_length=1_024)]
Url = Annotated[str, Meta(max_length=MAX_URL_CHARACTERS)]
HeaderName = Annotated[str, Meta(max_length=MAX_HEADER_NAME_CHARACTERS)]
HeaderValue = Annotated[str, Meta(max_length=MAX_HEADER_VALUE_CHARACTERS)]
Headers = Annotated[tuple[tuple[HeaderName, HeaderValue], ...], Meta(max_length=MAX_HEADERS)]
Body = Annotated[bytes, Meta(max_length=MAX_BODY_BYTES)]
Entry = Annotated[str, Meta(max_length=MAX_ENTRY_CHARACTERS)]
Entries = Annotated[tuple[Entry, ...], Meta(max_length=MAX_ENTRIES)]

T = TypeVar("T")


class ProtocolError(Exception):
    """The other side sent what is no message, or a message that may not come now."""


class Redirect(StrEnum):
    """The ways to treat a redirect, as the fetch standard names them."""

    FOLLOW = "follow"
    MANUAL = "manual"
    """The redirect itself is the response."""
    ERROR = "error"


class OutboundRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request of a rule."""

    url: Url
    method: Annotated[str, Meta(max_length=20)] = "GET"
    headers: Headers = ()
    body: Body = b""
    redirect: Redirect = Redirect.FOLLOW
    as_sent: bool = False
    """Hand the body on in its content coding, which the request's own Accept-Encoding asks for."""
    connect_timeout_ms: Annotated[int, Meta(ge=1)] | None = None
    """Give up when there is no connection by then; None: as late as for any call."""


# ---- runner → broker ----


class Start(msgspec.Struct, frozen=True, kw_only=True, tag="start", forbid_unknown_fields=True):
    """The broker's configuration: the first message, sent once."""

    allow_private: tuple[str, ...] = ()
    hosts_file: str | None = None
    ca_file: str | None = None
    without: tuple[KernelLayer, ...] = ()
    """Layers that this kernel lacks and that an operator does without."""
    landlock_abi: int | None = None
    """Use no newer one, as an older kernel would."""


class Fetch(msgspec.Struct, frozen=True, kw_only=True, tag="fetch", forbid_unknown_fields=True):
    """Make one call for one rule of *tenant*."""

    number: Number
    tenant: Annotated[str, Meta(max_length=256)]
    allow_hosts: Entries
    request: OutboundRequest
    timeout_ms: Annotated[int, Meta(ge=1, le=MAX_TIMEOUT_MS)]
    rule: Annotated[str, Meta(max_length=512)] = ""
    """A name that tells rules, their versions and their secrets apart: connections are never shared between two."""


class Cancel(msgspec.Struct, frozen=True, kw_only=True, tag="cancel", forbid_unknown_fields=True):
    """Nobody waits for this call any more. It is answered all the same."""

    number: Number


ToBroker = Start | Fetch | Cancel

# ---- broker → runner ----


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag="ready", forbid_unknown_fields=True):
    """The broker is contained and takes calls."""


class NotStarted(msgspec.Struct, frozen=True, kw_only=True, tag="not-started", forbid_unknown_fields=True):
    """The broker cannot work with its configuration or on this machine, and ends."""

    why: Text


class Fetched(msgspec.Struct, frozen=True, kw_only=True, tag="fetched", forbid_unknown_fields=True):
    """The response to one call, decoded."""

    number: Number
    status: Annotated[int, Meta(ge=200, le=999)]
    reason: Annotated[str, Meta(max_length=256)]
    headers: Headers
    body: Body
    url: Annotated[str, Meta(max_length=2 * MAX_URL_CHARACTERS)]
    """The URL from which it came, after redirects."""
    redirected: bool


class NotFetched(msgspec.Struct, frozen=True, kw_only=True, tag="not-fetched", forbid_unknown_fields=True):
    """There is no response to one call."""

    number: Number
    kind: Kind
    why: Text
    code: Code | None = None


FromBroker = Ready | NotStarted | Fetched | NotFetched


class Framing(Generic[T]):
    """Messages of one direction, as bytes and back."""

    def __init__(self, decoded_type: type[T] | object) -> None:
        self._decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(decoded_type)
        self._encoder = msgspec.msgpack.Encoder()

    def encode(self, message: T) -> bytes:
        """*message* with its length before it."""
        body = self._encoder.encode(message)
        return len(body).to_bytes(_LENGTH_BYTES, "big") + body

    def encode_checked(self, message: T) -> bytes:
        """As `encode`, of a message with a rule's or a server's own values in it.

        Raises:
            ValueError: the other side would not take it; the text says which value is at fault.
        """
        frame = self.encode(message)
        if len(frame) > MAX_FRAME_BYTES:
            raise ValueError(f"more than {MAX_FRAME_BYTES} bytes in all")
        self._decoder.decode(memoryview(frame)[_LENGTH_BYTES:])
        return frame

    async def read(self, reader: StreamReader) -> T | None:
        """The next message; None once the other side has hung up.

        Raises:
            ProtocolError: it sent something else.
        """
        try:
            length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
            if length > MAX_FRAME_BYTES:
                raise ProtocolError(f"a message of {length} bytes")
            return self._decode(await reader.readexactly(length))
        except (IncompleteReadError, ConnectionError):
            return None

    def receive(self, control: socket) -> T:
        """The next message from a blocking socket.

        Raises:
            ProtocolError: the other side sent something else, or hung up.
        """
        length = int.from_bytes(_receive_exactly(control, _LENGTH_BYTES), "big")
        if length > MAX_FRAME_BYTES:
            raise ProtocolError(f"a message of {length} bytes")
        return self._decode(_receive_exactly(control, length))

    def _decode(self, body: bytes) -> T:
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise ProtocolError(str(error)) from error


def _receive_exactly(control: socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = control.recv(size - len(data))
        if not piece:
            raise ProtocolError("the other side hung up")
        data += piece
    return data


to_broker: Framing[ToBroker] = Framing(ToBroker)
from_broker: Framing[FromBroker] = Framing(FromBroker)
