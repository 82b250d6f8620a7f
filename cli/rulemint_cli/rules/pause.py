"""Say in words that a rule pauses: for which clients, until when and why."""

from __future__ import annotations

from typing import Any


def pause_in_words(pause: dict[str, Any]) -> str:
    """``for all clients until 2026-11-25T08:00:05.000Z: three crashes``."""
    if pause["for_all"]:
        clients = "all clients"
    elif pause["client_count"] == 1:
        clients = f"the client {pause['clients'][0]}"
    else:
        clients = f"{pause['client_count']} clients"
    return f"for {clients} until {pause['until']}: {pause['why']}"
