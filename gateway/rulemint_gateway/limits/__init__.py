"""How often is too often: failed authentication, and quotas of tokens."""
