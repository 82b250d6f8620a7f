"""The client of the demo. Everybody knows its secret, so it is for loopback only."""

from __future__ import annotations

DEMO_CLIENT_ID = "demo-client"
DEMO_CLIENT_SECRET = "demo-secret-not-for-production"  # noqa: S105  # known to everyone
