"""Clients that leave before they have sent their request: nobody is to blame, and nobody hears an answer."""

from __future__ import annotations

from aiohttp import web

CLOSED_REQUEST = 499
"""The status that servers write into their logs for it; it is never sent."""


class ClientGoneError(Exception):
    """The client has closed its connection in the middle of its request."""


def nobody_hears() -> web.Response:
    """The answer to a client that has gone; aiohttp wants one."""
    return web.Response(status=CLOSED_REQUEST)
