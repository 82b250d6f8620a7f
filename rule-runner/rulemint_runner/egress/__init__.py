"""Outbound HTTP of rules: a broker in a process of its own, and the runner's side of it."""
