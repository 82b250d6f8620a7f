"""A call without an answer → the error that the library which made it raises for such a thing.

A refusal is no trouble of the network: it is a kind of what the library raises where it cannot connect, but of none
that a library tries again. It has the ``code`` that the runner gave.
"""

import errno
import sys

from contract import CONTRACT

CODES = CONTRACT["call_errors"]
FORBIDDEN_HOST, TOO_LARGE, UNSUPPORTED = CODES["forbidden_host"], CODES["too_large"], CODES["unsupported"]
TIMED_OUT, CONNECT_TIMED_OUT = CODES["timed_out"], CODES["connect_timed_out"]
_TLS = ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "EPROTO")
_CONNECT = ("ENOTFOUND", "ECONNREFUSED", *_TLS)
_NUMBERS = {"ECONNREFUSED": errno.ECONNREFUSED, "ECONNRESET": errno.ECONNRESET, "EPROTO": errno.EPROTO}
_CONNECT_TIMEOUTS = {
    "httpcore": ("httpcore", "ConnectTimeout"),
    "urllib3": ("urllib3.exceptions", "ConnectTimeoutError"),
}
"""Library → what it raises for a connection that takes too long: some try that again, and not an answer that does."""
_classes: dict = {}


class CallError(OSError):
    """The call got no answer; the text says why, and *code* says it for programs."""

    __module__ = "rulemint"
    code = ""


def failure(text: str, code: str = "") -> CallError:
    """The error of a call that no library makes."""
    error = CallError(text)
    error.code = code
    return error


def as_its_library_has_it(error: CallError) -> BaseException:
    """*error*, as the library raises it whose code is about to hear of it."""
    found = _library()
    if error.code.startswith(CODES["prefix"]):
        return _of_class(_refusal_of(found), error)
    if error.code in {TIMED_OUT, CONNECT_TIMED_OUT}:
        return _timeout(error, found)
    if found == "httpcore" and error.code in _CONNECT:
        return sys.modules["httpcore"].ConnectError(str(error))
    if found == "urllib.request" and error.code in _CONNECT:
        return sys.modules["urllib.error"].URLError(str(error))
    return _of_the_network(error)


def _timeout(error: CallError, library: str) -> BaseException:
    if error.code == CONNECT_TIMED_OUT and library in _CONNECT_TIMEOUTS:
        module, name = _CONNECT_TIMEOUTS[library]
        return getattr(sys.modules[module], name)(str(error))
    return TimeoutError(str(error))


def _of_the_network(error: CallError) -> BaseException:
    """*error* as Python's own modules have it."""
    if error.code in _TLS and "ssl" in sys.modules:
        ssl = sys.modules["ssl"]
        is_certificate = error.code == _TLS[0]
        return (ssl.SSLCertVerificationError if is_certificate else ssl.SSLError)(ssl.SSL_ERROR_SSL, str(error))
    if error.code == "ENOTFOUND" and "socket" in sys.modules:
        socket = sys.modules["socket"]
        return socket.gaierror(socket.EAI_NONAME, str(error))
    number = _NUMBERS.get(error.code)
    return error if number is None else OSError(number, str(error))


def _library() -> str:
    """The library nearest to the socket that is known here."""
    frame = sys._getframe(1)  # noqa: SLF001  # the way to see who asks
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        for known in ("urllib3", "httpcore", "urllib.request"):
            if name == known or name.startswith(f"{known}."):
                return known
        frame = frame.f_back
    return ""


def _refusal_of(library: str) -> type:
    """The class of refusals for users of *library*. It is no OSError where that would be tried again."""
    if library == "httpcore":
        httpx = sys.modules.get("httpx")
        return sys.modules["httpcore"].ConnectError if httpx is None else httpx.ConnectError
    if library == "urllib3":
        return sys.modules["urllib3.exceptions"].HTTPError
    if library == "urllib.request":
        return sys.modules["urllib.error"].URLError
    return CallError


def _of_class(base: type, error: CallError, **named: object) -> BaseException:
    if base not in _classes:
        _classes[base] = type("CallRefused", (base,), {"__module__": "rulemint", "code": ""})
    made = _classes[base](str(error), **named)
    made.code = error.code
    return made


def change_requests(module: object) -> None:
    """Have `requests` raise a kind of its own ConnectionError for a refusal, which urllib3 lets through."""
    send = module.HTTPAdapter.send

    def send_or_say_why(self: object, request: object, *arguments: object, **named: object) -> object:
        try:
            return send(self, request, *arguments, **named)
        except sys.modules["urllib3.exceptions"].HTTPError as error:
            if not getattr(error, "code", "").startswith(CODES["prefix"]):
                raise
            raise _of_class(module.ConnectionError, error, request=request) from None

    module.HTTPAdapter.send = send_or_say_why
