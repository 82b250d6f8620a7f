"""Modules that open connections, changed so that they use a `CallingSocket`.

A module is changed when a rule first imports it, so that other rules do not pay.
"""

import errno
import sys

from calls import Calls
from failures import change_requests
from randomness import change_ssl
from refused import CHANGES, NO_SOCKETS, saying
from sockets import CallingSocket

_NO_SOCKETS = {errno.EPERM: NO_SOCKETS, errno.EACCES: NO_SOCKETS}


def define(calls: Calls) -> None:
    """Change what libraries open connections with, when it is imported."""

    def change_socket(module: object) -> None:
        class Socket(module.socket):
            def __new__(cls, family: int = -1, type: int = -1, proto: int = -1, fileno: int | None = None) -> object:  # noqa: A002, ARG004  # socket's own
                is_tcp = family in {-1, module.AF_INET, module.AF_INET6} and type in {-1, module.SOCK_STREAM}
                if cls is Socket and fileno is None and is_tcp:
                    made = CallingSocket(calls)
                    made.settimeout(module.getdefaulttimeout())
                    return made
                return super().__new__(cls)

            def __init__(self, *arguments: object, **named: object) -> None:
                saying(super().__init__, _NO_SOCKETS)(*arguments, **named)

        def getaddrinfo(host: object, port: object, *_arguments: object, **_named: object) -> list:
            name = host.decode() if isinstance(host, bytes) else host
            return [(module.AF_INET, module.SOCK_STREAM, module.IPPROTO_TCP, "", (name, int(port or 0)))]

        def look_up(host: object, *_more: object) -> None:
            raise module.gaierror(module.EAI_FAIL, f"no look-up of {host}: {NO_SOCKETS}")

        Socket.__name__ = Socket.__qualname__ = "socket"
        module.socket = Socket
        module.getaddrinfo = getaddrinfo
        for name in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo"):
            setattr(module, name, look_up)

    changes = {
        **CHANGES,
        "requests.adapters": change_requests,
        "socket": change_socket,
        "ssl": _change_ssl,
        "certifi": _change_certifi,
        "botocore.awsrequest": _change_botocore,
    }
    sys.meta_path.insert(0, _Changer({**changes, "httpcore._backends.auto": _change_httpcore}))


def _change_ssl(module: object) -> None:
    change_ssl(module)
    wrap_socket = module.SSLContext.wrap_socket

    def wrap(context: object, sock: object, *arguments: object, **named: object) -> object:
        if not isinstance(sock, CallingSocket):
            return wrap_socket(context, sock, *arguments, **named)
        sock.scheme = "https"
        return sock

    module.SSLContext.wrap_socket = wrap
    module.SSLContext.load_verify_locations = lambda *_arguments, **_named: None  # the broker says who is trusted


def _change_certifi(module: object) -> None:
    """Libraries want its list to be a file, and to be there. Any file is: none of them reads it."""
    module.where = lambda: __file__


def _change_botocore(module: object) -> None:
    """Have AWS's client store a file without asking for 100-continue, which there is not."""
    request = module.AWSConnection.request

    def request_at_once(
        self: object, method: str, url: str, body: object = None, headers: object = None, **more: object
    ) -> object:
        kept = {name: value for name, value in (headers or {}).items() if name.lower() != "expect"}
        return request(self, method, url, body, kept, **more)

    module.AWSConnection.request = request_at_once


def _change_httpcore(module: object) -> None:
    """Have its asynchronous clients use a `CallingSocket` too: a call takes the thread that it is made in."""
    import ssl  # noqa: PLC0415  # its importer has
    from socket import create_connection  # noqa: PLC0415  # only rules that use httpx pay

    import httpcore  # noqa: PLC0415  # a rule's own package
    from httpcore._backends.base import AsyncNetworkStream  # noqa: PLC0415  # as above
    from httpcore._exceptions import map_exceptions  # noqa: PLC0415  # as above

    class Stream(AsyncNetworkStream):
        def __init__(self, sock: CallingSocket) -> None:
            self._sock = sock

        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # its base's
            answer = await self._sock.answered_without_blocking(timeout)
            with map_exceptions({TimeoutError: httpcore.ReadTimeout, OSError: httpcore.ReadError}):
                return answer.read(max_bytes)

        async def write(self, buffer: bytes, timeout: object = None) -> None:  # noqa: ARG002, ASYNC109  # its base's
            with map_exceptions({OSError: httpcore.WriteError}):
                self._sock.sendall(buffer)

        async def aclose(self) -> None:
            self._sock.close()

        async def start_tls(self, ssl_context: ssl.SSLContext, *_arguments: object, **_named: object) -> object:
            ssl_context.wrap_socket(self._sock)
            return self

        def get_extra_info(self, _info: str) -> None:
            return None

    async def connect_tcp(
        _backend: object,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # its base's
        *_arguments: object,
        **_named: object,
    ) -> Stream:
        with map_exceptions({OSError: httpcore.ConnectError}):
            return Stream(create_connection((host, port), timeout))

    module.AutoBackend.connect_tcp = connect_tcp


class _Changer:
    """Finds modules as usual, and changes some each time they are loaded."""

    def __init__(self, changes: dict) -> None:
        self._changes = changes

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        """The usual spec, if there is one; of a module that is to be changed, with a loader that does."""
        change = self._changes.get(name)
        if change is None:
            return None
        others = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, others), None)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_and_change(module: object) -> None:
            load(module)
            change(module)

        spec.loader.exec_module = load_and_change
        return spec
