"""The storage of a rule, in memory: one document, with the runner's answers."""

from __future__ import annotations

import json
from typing import Any

from rulemint._contract.bounds import MAX_OPERATIONS


class Document:
    """The document of one rule. Each write has a number of its own, by which a later write knows it."""

    def __init__(self, document: Any) -> None:
        """*document* is what the rule has stored before; None: nothing.

        Raises:
            ValueError: it is no JSON.
        """
        self._data = None if document is None else _text(document)
        self._version = 0 if document is None else 1
        self._operations = 0

    @property
    def value(self) -> Any:
        """The document as it is now."""
        return None if self._data is None else json.loads(self._data)

    def reply(self, frame: dict[str, Any]) -> dict[str, Any]:
        """Read or write as *frame* says."""
        self._operations += 1
        if self._operations > MAX_OPERATIONS:
            return {**self._stored(), "error": f"one invocation may use its storage {MAX_OPERATIONS} times"}
        if frame["t"] == "storage-get":
            return self._stored()
        if not frame["force"] and frame["etag"] != self._etag():
            return {**self._stored(), "conflict": True}
        self._data = frame["data"]
        self._version += 1
        return self._stored()

    def _stored(self) -> dict[str, Any]:
        return {"data": self._data, "etag": self._etag(), "conflict": False, "error": None}

    def _etag(self) -> str | None:
        return None if self._data is None else str(self._version)


def _text(document: Any) -> str:
    try:
        return json.dumps(document, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"storage: the document is no JSON: {error}") from None
