"""Reads the requests that a library sends over a connection (RFC 9112), each byte once and in pieces of any size."""

from calls import BOUNDS
from failures import TOO_LARGE, UNSUPPORTED, failure

HEAD_END = b"\r\n\r\n"
MAX_HEAD_BYTES, MAX_BODY_BYTES = BOUNDS["head_bytes"], BOUNDS["body_bytes"]
_SPACES_IN_A_REQUEST_LINE = 2


class NotHttpError(Exception):
    """The bytes are those of another protocol."""


class Http2Error(NotHttpError):
    """The bytes are those with which HTTP/2 begins."""


class RequestReader:
    """Reads one request."""

    def __init__(self) -> None:
        self.method = ""
        self.target = ""
        self.headers: list = []
        """Pairs of a lowercase name and a value. They are there, as method and target are, once the head is whole."""
        self._rest = bytearray()
        self._body = bytearray()
        self._length = 0
        self._is_chunked = False

    def take(self, data: bytes) -> bytes | None:
        """Take what was sent next, and return the body of the request once it is whole.

        Raises:
            NotHttpError: it is no request of HTTP/1.1.
            CallError: nobody would make it: it is too large, or of a kind that there is not.
        """
        searched = max(0, len(self._rest) - len(HEAD_END))
        self._rest += data
        if not self.method and not self._take_head(searched):
            return None
        return self._take_chunks() if self._is_chunked else self._take_body()

    def _take_head(self, searched: int) -> bool:
        end = self._rest.find(HEAD_END, searched)
        if end < 0:
            if len(self._rest) > MAX_HEAD_BYTES:
                raise failure(f"the head of a request is larger than {MAX_HEAD_BYTES} bytes", TOO_LARGE)
            return False
        first, *lines = self._rest[:end].decode("latin-1").split("\r\n")
        del self._rest[: end + len(HEAD_END)]
        if first.count(" ") != _SPACES_IN_A_REQUEST_LINE:
            raise NotHttpError
        self.method, self.target, version = first.split(" ")
        if version == "HTTP/2.0":
            raise Http2Error
        self.headers = [
            (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
        ]
        self._read_framing(dict(self.headers))
        return True

    def _read_framing(self, headers: dict) -> None:
        coding, length = headers.get("transfer-encoding", "").lower(), headers.get("content-length", "0")
        self._is_chunked = coding == "chunked"
        if coding and not self._is_chunked:
            raise failure(f"the transfer-encoding {coding} is not supported", UNSUPPORTED)
        if not self._is_chunked:
            if not (length.isascii() and length.isdigit()):
                raise failure(f"the content-length {length} is no number of bytes", UNSUPPORTED)
            self._length = _checked(int(length))

    def _take_body(self) -> bytes | None:
        return bytes(self._rest[: self._length]) if len(self._rest) >= self._length else None

    def _take_chunks(self) -> bytes | None:
        """Take the chunks that are whole (RFC 9112 §7.1), and return the body after the last one."""
        at = 0
        try:
            while True:
                end = self._rest.find(b"\r\n", at)
                if end < 0:
                    return None
                size = _size_of(bytes(self._rest[at:end]))
                _checked(len(self._body) + size)
                data = end + 2
                if len(self._rest) < data + size + 2:
                    return None
                if size == 0:
                    if self._rest[data : data + 2] != b"\r\n":
                        raise failure("trailers are not supported: leave them out", UNSUPPORTED)
                    return bytes(self._body)
                self._body += self._rest[data : data + size]
                at = data + size + 2
        finally:
            del self._rest[:at]


def _size_of(line: bytes) -> int:
    text = line.split(b";")[0].strip()
    if not text or text.strip(b"0123456789abcdefABCDEF"):
        raise failure(f"a chunk has no size: {text[:20]!r}", UNSUPPORTED)
    return int(text, 16)


def _checked(size: int) -> int:
    if size > MAX_BODY_BYTES:
        raise failure(f"the body is larger than {MAX_BODY_BYTES} bytes", TOO_LARGE)
    return size
