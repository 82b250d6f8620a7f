"""Limits of frequency: failed authentication, and quotas of tokens."""
