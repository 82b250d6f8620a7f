"""Sockets that speak HTTP through the runner: `urllib`, `http.client` and what builds on them work as they are.

A host can open no socket. The standard library opens one through `socket.create_connection`, and wraps it by an
`ssl.SSLContext`; here both give a `CallingSocket`, which takes the bytes of a request, makes a call of it, and hands
out the bytes of an answer. Both modules are changed when a rule first imports them, so that others do not pay.
"""

import io
import sys

from calls import Calls

_HEAD_END = b"\r\n\r\n"


class CallingSocket:
    """What a client of HTTP/1.1 takes for a connection to one server."""

    family = 2

    def __init__(self, calls: Calls, host: str, port: int) -> None:
        self.scheme = "http"
        self._calls = calls
        self._host = host
        self._port = port
        self._request = b""
        self._answer = io.BytesIO()

    def sendall(self, data: bytes, _flags: int = 0) -> None:
        """Take a part of a request; make the call once it is whole."""
        self._request += bytes(data)
        self._make_call_if_whole()

    def send(self, data: bytes, flags: int = 0) -> int:
        """As `sendall`."""
        self.sendall(data, flags)
        return len(data)

    def recv(self, size: int, _flags: int = 0) -> bytes:
        """The next bytes of the answer; none at its end."""
        return self._answer.read(size)

    def recv_into(self, buffer: object, size: int = 0, _flags: int = 0) -> int:
        """As `recv`, into *buffer*."""
        view = memoryview(buffer).cast("B")
        return self._answer.readinto(view[: size or len(view)])

    def makefile(self, *_arguments: object, **_named: object) -> io.BufferedIOBase:
        """The answer as a file."""
        return self._answer

    def settimeout(self, _seconds: object) -> None:
        """The invocation's own deadline holds."""

    def gettimeout(self) -> None:
        """There is none."""

    def setsockopt(self, *_arguments: object) -> None:
        """There is nothing to set."""

    def getpeername(self) -> tuple[str, int]:
        """The name and port that were asked for; the address stays the broker's affair."""
        return self._host, self._port

    def shutdown(self, _how: int) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""

    def _make_call_if_whole(self) -> None:
        head, end, rest = self._request.partition(_HEAD_END)
        if not end:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _version = first.split(" ", 2)
        headers = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        body = _body_of(dict(headers), rest)
        if body is None:
            return
        self._request = b""
        url = f"{self.scheme}://{self._host}:{self._port}{target}"
        reply = self._calls.make(method, url, headers, body, "manual")
        self._answer = io.BytesIO(_answer_bytes(reply, has_body=method != "HEAD"))


def _body_of(headers: dict, rest: bytes) -> bytes | None:
    """The body that *headers* announce, or None while it is not whole."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _unchunked(rest)
    length = int(headers.get("content-length", 0))
    return rest[:length] if len(rest) >= length else None


def _unchunked(rest: bytes) -> bytes | None:
    """The body of RFC 9112 §7.1, or None while its last chunk has not come."""
    body = b""
    while True:
        size_text, end, rest = rest.partition(b"\r\n")
        if not end:
            return None
        size = int(size_text.split(b";")[0], 16)
        if len(rest) < size + 2:
            return None
        if size == 0:
            return body
        body += rest[:size]
        rest = rest[size + 2 :]


def _answer_bytes(reply: dict, *, has_body: bool) -> bytes:
    """The answer as a server would have sent it; its body comes decoded and whole."""
    body = reply["body"] if has_body else b""
    lines = [f"HTTP/1.1 {reply['status']} {reply['reason']}"]
    lines += [f"{name}: {value}" for name, value in reply["headers"]]
    if has_body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1", "replace") + _HEAD_END + body


def define(calls: Calls) -> None:
    """Change `socket` and `ssl` when they are imported."""

    def change_socket(module: object) -> None:
        def create_connection(address: tuple, *_arguments: object, **_named: object) -> CallingSocket:
            return CallingSocket(calls, address[0], address[1])

        module.create_connection = create_connection

    def change_ssl(module: object) -> None:
        wrap_socket = module.SSLContext.wrap_socket

        def wrap(context: object, sock: object, *arguments: object, **named: object) -> object:
            if not isinstance(sock, CallingSocket):
                return wrap_socket(context, sock, *arguments, **named)
            sock.scheme = "https"
            return sock

        module.SSLContext.wrap_socket = wrap

    sys.meta_path.insert(0, _Changer({"socket": change_socket, "ssl": change_ssl}))


class _Changer:
    """Finds modules as usual, and changes some once they are loaded."""

    def __init__(self, changes: dict) -> None:
        self._changes = changes

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        """The usual spec; of a module that is to be changed, with a loader that does."""
        change = self._changes.pop(name, None)
        if change is None:
            return None
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in sys.meta_path)))
        load = spec.loader.exec_module

        def load_and_change(module: object) -> None:
            load(module)
            change(module)

        spec.loader.exec_module = load_and_change
        return spec
