"""The calls of token requests."""
