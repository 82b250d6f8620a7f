"""Trials: a rule runs through the queue and the sandbox as always, but nobody gets a token."""
