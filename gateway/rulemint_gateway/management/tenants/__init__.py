"""Tenants, their settings, and the records that each begins with."""
