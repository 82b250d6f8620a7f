"""What others offer for the same: servers that run the hook themselves, and the plain way through a queue."""

FORM = {
    "grant_type": "client_credentials",
    "client_id": "bench",
    "client_secret": "bench-secret",
    "scope": "read write",
}
"""What a peer's one client sends for a token."""


class PeerMissingError(Exception):
    """A peer does not run on this machine; the text says why. The others are measured without it."""
