"""The live logs: one subscription per tenant, many watchers."""
