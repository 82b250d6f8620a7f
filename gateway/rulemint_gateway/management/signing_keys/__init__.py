"""The signing keys of a tenant, and how long each is published."""
