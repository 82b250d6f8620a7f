"""``/api/v2/tenants``."""
