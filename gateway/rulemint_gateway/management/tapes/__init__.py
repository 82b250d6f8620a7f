"""Tapes of token requests, and what comes of replaying them. A reader of the log may read none of it."""
