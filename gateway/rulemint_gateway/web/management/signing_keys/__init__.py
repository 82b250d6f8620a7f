"""``/api/v2/keys/signing``."""
