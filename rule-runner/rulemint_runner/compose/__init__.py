"""The composition root: it opens each resource, hands typed parts to the next, and ends with the worker.

Nothing here decides anything; nothing elsewhere constructs its own parts.
"""
