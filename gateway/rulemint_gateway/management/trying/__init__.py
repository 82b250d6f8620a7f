"""Trying a rule: through the queue and the sandbox as always, but nobody gets a token."""
