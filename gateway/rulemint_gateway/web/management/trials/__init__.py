"""``/api/v2/rules/try``."""
