"""Values that several examples have in common."""

from __future__ import annotations

from typing import Any

AT = "2026-11-25T08:00:00.000Z"
TRIED: dict[str, Any] = {
    "outcome": "granted",
    "scope": ["read"],
    "claims": {"team": "night"},
    "dropped": [],
    "lines": [{"ts": AT, "level": "info", "message": "hello"}],
    "lines_left_out": 0,
    "calls": [],
    "duration_ms": 8.281,
    "resolved_dependencies": {},
}
