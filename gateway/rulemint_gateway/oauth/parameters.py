"""The parameters of a token request: those that say who asks, and the rest, which waits until that is known.

Anybody may send 64 KiB. Before a client has shown who it is, nothing that grows with what it sent is decoded, walked,
masked or copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


class Parameters(Mapping[str, Any]):
    """*early* are those of `TEXT_PARAMETERS` that came; *everything* decodes all, or raises an `OAuthError`."""

    __slots__ = ("_decoded", "_early", "_everything")

    def __init__(self, early: Mapping[str, Any], everything: Callable[[], dict[str, Any]]) -> None:
        self._early = early
        self._everything = everything
        self._decoded: dict[str, Any] | None = None

    @property
    def early(self) -> Mapping[str, Any]:
        """Those of `TEXT_PARAMETERS` that came: texts, or what may not be there."""
        return self._early

    def that_say_something(self) -> Parameters:
        """Without what is absent: a JSON null or an empty text."""
        return Parameters(
            {}, lambda: {name: value for name, value in self.decoded().items() if value is not None and value != ""}
        )

    def decoded(self) -> dict[str, Any]:
        """All of them. To be asked for once the client is known.

        Raises:
            InvalidRequest: there are too many values, or one could not be handed on.
        """
        if self._decoded is None:
            self._decoded = self._everything()
        return self._decoded

    def __getitem__(self, name: str) -> Any:
        return self.decoded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.decoded())

    def __len__(self) -> int:
        return len(self.decoded())

    def __repr__(self) -> str:
        return "Parameters(...)"  # no traceback shows what a client sent


def parameters_of(values: Mapping[str, Any]) -> Parameters:
    """*values* that are decoded already."""
    return values if isinstance(values, Parameters) else Parameters(values, lambda: dict(values))
