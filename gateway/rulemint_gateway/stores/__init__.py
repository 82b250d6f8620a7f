"""The configuration and the exchange records in Redis."""
