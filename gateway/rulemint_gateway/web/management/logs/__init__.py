"""``/api/v2/logs`` and ``/api/v2/stats``."""
