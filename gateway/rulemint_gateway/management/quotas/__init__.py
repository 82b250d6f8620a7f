"""Quotas: how much a tenant may have, and has."""
