"""Modules that run in the broker's process. Nothing in the runner's own process imports them."""
