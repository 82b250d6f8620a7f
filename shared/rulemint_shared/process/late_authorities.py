"""aiohttp that reads the system's certificate authorities at its first https connection.

It reads them twice when it is loaded otherwise, which costs each start 40 ms of the processor, also where no https is
spoken. They are read, and every certificate is verified, as ever: only later. Import this before anything that imports
aiohttp.
"""

from __future__ import annotations

import ssl
import sys
from importlib import import_module
from typing import Any


class LateAuthorities(ssl.SSLContext):
    """A context that gets its authorities when it is first used. Until then it trusts nobody."""

    _are_read = False

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """As of any context; asyncio and uvloop begin each connection with it."""
        self._read_authorities()
        return super().wrap_bio(*arguments, **options)

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """As of any context."""
        self._read_authorities()
        return super().wrap_socket(*arguments, **options)

    def _read_authorities(self) -> None:
        if not self._are_read:
            self.set_default_verify_paths()
            self._are_read = True


def _load_aiohttp() -> None:
    """Hold back the contexts that aiohttp makes while it loads. By its name: shared has no need of aiohttp itself."""
    waiting: list[ssl.SSLContext] = []

    def wait(self: ssl.SSLContext) -> None:
        waiting.append(self)

    ssl.SSLContext.set_default_verify_paths = wait  # type: ignore[method-assign]
    try:
        import_module("aiohttp")
    finally:
        del ssl.SSLContext.set_default_verify_paths  # and the class that this one extends has its own again
    for context in waiting:
        context.__class__ = LateAuthorities


if "aiohttp" not in sys.modules:
    _load_aiohttp()
