"""The composition root: opens each resource and hands typed parts on. Nothing here decides, nothing else constructs."""
