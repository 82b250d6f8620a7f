"""Texts of headers, as they may travel on."""

from __future__ import annotations


def well_formed(text: str) -> str:
    """Return *text* without lone surrogates, which cannot travel: bytes that are not UTF-8 arrive as those."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
