"""The caller of a request: its tenant, its address, its bearer token, its place, and how often it failed."""
