"""``/api/v2/rules/try`` and ``/api/v2/rules/check``."""
