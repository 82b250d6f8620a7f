# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/storage.py: change that, and run `make sdk`.
"""``context["webtask"]["storage"]``: one document, which lives as long as its rule."""

import json
import logging

from rulemint._contract.calls import Calls
from rulemint._contract.contract import CONTRACT
from rulemint._contract.serialising import NotJsonError, serialised, within

MAX_BYTES = CONTRACT["document_bytes"]


class StorageError(Exception):
    """The document was not read or written; the text says why."""

    __module__ = "rulemint"


class StorageConflict(StorageError):
    """The document was changed since it was read; *conflict* is what it is now."""

    __module__ = "rulemint"

    def __init__(self, conflict: object) -> None:
        super().__init__("Item was modified since it was read.")
        self.conflict = conflict


class Storage(dict):
    """The storage of one invocation, which remembers what was read.

    An empty dictionary in a context that is printed as JSON; in JavaScript it is an empty object there.
    """

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls
        self._etag: str | None = None
        self._was_read = False

    def __bool__(self) -> bool:
        return True

    def get(self) -> object:
        """The document; None if there is none.

        Raises:
            StorageError: it cannot be read.
        """
        stored = self._ask({"t": "storage-get"})
        self._note(stored)
        return _document(stored)

    def set(self, data: object, *, force: bool = False) -> None:
        """Replace the document that was read or written last, or any document with *force*; None: by nothing.

        Raises:
            StorageConflict: there is another one.
            StorageError: it cannot be written.
        """
        force = force or data is None
        if not force and not self._was_read:
            raise StorageError("call get() before set(), or set(…, force=True)")
        frame = {"data": None if data is None else _text(data), "etag": self._etag, "force": force}
        stored = self._ask({"t": "storage-set", **frame})
        if stored["conflict"]:
            raise StorageConflict(_document(stored))
        self._note(stored)

    def _note(self, stored: dict) -> None:
        self._etag, self._was_read = stored["etag"], True

    def _ask(self, frame: dict) -> dict:
        stored = self._calls.ask(frame)
        if stored["error"] is not None:
            raise StorageError(stored["error"])
        return stored


def _document(stored: dict) -> object:
    return None if stored["data"] is None else json.loads(stored["data"])


def _text(data: object) -> str:
    try:
        text, remarks = serialised(data, _named, separators=(",", ":"))
    except NotJsonError as error:
        raise StorageError(str(error)) from None
    for remark in remarks:
        logging.warning("%s", remark)
    if len(text.encode()) > MAX_BYTES:
        raise StorageError(f"the document is larger than {MAX_BYTES} bytes of JSON")
    return text


def _named(path: list) -> str:
    return f"the document{within(path)}"
