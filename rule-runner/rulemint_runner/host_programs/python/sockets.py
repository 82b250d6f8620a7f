"""Sockets that speak HTTP through the runner: `urllib`, `http.client` and what builds on them work as they are.

A host can open no socket. Libraries make one by `socket.socket`, connect it to an address that `getaddrinfo` gave, and
wrap it by an `ssl.SSLContext`. Here that gives a `CallingSocket`. It takes the bytes of a request, makes a call of it,
and hands out the bytes of an answer. Names are resolved, and certificates verified, by the broker alone.
`socket_modules` has libraries make one.
"""

import io

from calls import Calls, Request
from failures import UNSUPPORTED, CallError, as_its_library_has_it, failure
from refused import NO_HTTP2, NO_SOCKETS, heard
from requests_sent import HEAD_END, Http2Error, NotHttpError, RequestReader

_SILENT_DESCRIPTOR = 2
_WITHOUT_BODY = (204, 304)
"""Their length, if they say one, is that of another answer (RFC 9110 §8.6)."""


class CallingSocket:
    """A stand-in for a client's connection to one server of HTTP/1.1."""

    family, type, proto = 2, 1, 6

    def __init__(self, calls: Calls) -> None:
        self.scheme = "http"
        self._calls = calls
        self._host = ""
        self._port = 0
        self._reader = RequestReader()
        self._is_refused = False
        self._whole: Request | None = None
        """The request that is to be made as soon as its answer is read: only then its timeout is known."""
        self._timeout_s: float | None = None
        self._connect_s: float | None = None
        """The time for a connection, which a library gives before it connects."""
        self._answer: io.BufferedIOBase = io.BytesIO()

    def connect(self, address: tuple) -> None:
        """Remember the host that the calls are for.

        Raises:
            PermissionError: it is an address; there are calls to names only.
        """
        host, port = address[:2]
        if ":" in host or host.replace(".", "").isdigit():
            raise PermissionError(1, f"no connection to the address {host}: {NO_SOCKETS}, by their names")
        self._host, self._port, self._connect_s = host, port, self._timeout_s
        self._answer = io.BufferedReader(_NoAnswer(self._refusal(), f"{host}:{port}"))

    def sendall(self, data: bytes, _flags: int = 0) -> None:
        """Take a part of a request."""
        if not data:  # such as the body of a request without one
            return
        if self._whole is not None:
            self._make_call()
        if not self._is_refused:
            self._whole = self._take_request(bytes(data))

    def send(self, data: bytes, flags: int = 0) -> int:
        """As `sendall`."""
        self.sendall(data, flags)
        return len(data)

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """The next bytes of the answer; none at its end."""
        return self._answered().read(size)

    def recv_into(self, buffer: object, size: int = 0, _flags: int = 0) -> int:
        """As `recv`, into *buffer*."""
        view = memoryview(buffer).cast("B")
        return self._answered().readinto(view[: size or len(view)])

    def makefile(self, *_arguments: object, **_named: object) -> io.BufferedIOBase:
        """The answer as a file."""
        return self._answered()

    def settimeout(self, seconds: float | None) -> None:
        """Wait no longer for an answer; the invocation's own deadline holds as well."""
        self._timeout_s = seconds

    def gettimeout(self) -> float | None:
        """The seconds that the answer may take."""
        return self._timeout_s

    def setsockopt(self, *_arguments: object) -> None:
        """There is nothing to set."""

    def getsockopt(self, *_arguments: object) -> int:
        """No error, and nothing set."""
        return 0

    def setblocking(self, _blocking: object) -> None:
        """Every call waits for its answer."""

    def fileno(self) -> int:
        """Return a descriptor on which nothing is ever to be read, so that a library finds the connection alive."""
        return _SILENT_DESCRIPTOR

    def version(self) -> str:
        """Return the version that the broker asks for at least."""
        return "TLSv1.2"

    def selected_alpn_protocol(self) -> None:
        """HTTP/1.1."""

    def cipher(self) -> None:
        """Nothing: the broker has the connection."""

    def getpeercert(self, binary_form: bool = False) -> dict:  # noqa: FBT001, FBT002  # as Python has it
        """Say what the broker verifies: that the certificate is of the host that was asked for.

        Raises:
            CallError: its bytes are wanted, and no host gets them.
        """
        if binary_form:
            why = "the runner verifies the certificate, and a rule does not see it: leave the fingerprint out"
            raise failure(f"{self.scheme}://{self._host}:{self._port}: {why}", UNSUPPORTED)
        return {"subject": ((("commonName", self._host),),), "subjectAltName": (("DNS", self._host),)}

    def getpeername(self) -> tuple[str, int]:
        """The name and port that were asked for; the address stays the broker's affair."""
        return self._host, self._port

    def shutdown(self, _how: int) -> None:
        """Nothing is open."""

    def __enter__(self) -> object:
        """Return itself."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Nothing is open; a request whose answer nobody reads is made all the same."""
        if self._whole is not None:
            self._make_call()

    def bind(self, *_arguments: object) -> None:
        """Refuse to be anything but a client of HTTP, with no address of its own."""
        raise PermissionError(1, f"no address to bind or to call from: {NO_SOCKETS}")

    listen = accept = sendto = recvfrom = bind

    def _refusal(self, why: str = NO_SOCKETS) -> PermissionError:
        """Make the error that says that only HTTP is spoken here."""
        return PermissionError(1, f"no connection to {self._host}:{self._port}: {why}")

    def _take_request(self, data: bytes) -> Request | None:
        """The request that was sent, for `Calls.make`; None while it is not whole."""
        reader = self._reader
        try:
            body = reader.take(data)
        except NotHttpError as error:
            why = NO_HTTP2 if isinstance(error, Http2Error) else NO_SOCKETS
            raise heard(self._refusal(why), f"{self._host}:{self._port}") from None
        except CallError as error:
            self._refuse(failure(f"{self.scheme}://{self._host}:{self._port}{reader.target}: {error}", error.code))
            return None
        if reader.method and not reader.target.startswith("/"):
            why = "a rule's calls go through the runner, so there is no other proxy: leave the proxy out"
            said = f"{reader.method} {reader.target} by {self._host}:{self._port}: {why}"
            self._refuse(failure(said, UNSUPPORTED))
            return None
        if body is None:
            return None
        self._reader = RequestReader()
        url = f"{self.scheme}://{self._host}:{self._port}{reader.target}"
        request = Request(reader.method, url, reader.headers, body, "manual")
        request.as_sent = True
        return request

    def _refuse(self, error: CallError) -> None:
        """Answer with *error*, and take nothing more."""
        self._is_refused = True
        self._answer = io.BufferedReader(_NoAnswer(error))

    def _answered(self) -> io.BufferedIOBase:
        if self._whole is not None:
            self._make_call()
        return self._answer

    def _make_call(self) -> None:
        request, self._whole = self._whole, None
        try:
            self._answer = _answer_to(request, self._calls.make(request, self._timeout_s, self._connect_s))
        except CallError as error:
            self._answer = io.BufferedReader(_NoAnswer(error))

    async def answered_without_blocking(self, timeout_s: float | None) -> io.BufferedIOBase:
        """The answer, while other tasks go on."""
        if self._whole is not None:
            request, self._whole = self._whole, None
            try:
                reply = await self._calls.make_without_blocking(request, timeout_s, self._connect_s)
                self._answer = _answer_to(request, reply)
            except CallError as error:
                self._answer = io.BufferedReader(_NoAnswer(error))
        return self._answer


def _answer_to(request: Request, reply: dict) -> io.BufferedIOBase:
    return io.BytesIO(_answer_bytes(reply, has_body=request.method != "HEAD"))


class _NoAnswer(io.RawIOBase):
    """Says why there is no answer when one is read: some libraries take an error in sending for no reason to stop."""

    def __init__(self, error: OSError, host: str = "") -> None:
        self._error = error
        self._host = host

    def readable(self) -> bool:
        """Yes, with an error."""
        return True

    def readinto(self, _buffer: object) -> int:
        """The error, as the library has it that reads."""
        if isinstance(self._error, CallError):
            raise as_its_library_has_it(self._error)
        raise heard(self._error, self._host)


def _answer_bytes(reply: dict, *, has_body: bool) -> bytes:
    """The answer as a server would have sent it; its body comes whole."""
    has_body = has_body and reply["status"] not in _WITHOUT_BODY
    body = reply["body"] if has_body else b""
    lines = [f"HTTP/1.1 {reply['status']} {reply['reason']}"]
    lines += [f"{n}: {value}" for n, value in reply["headers"] if not has_body or n.lower() != "content-length"]
    if has_body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1", "replace") + HEAD_END + body
