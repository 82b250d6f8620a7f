"""``/api/v2/rules``: what the calls of every noun do not cover."""
