"""Share a resource among tenants, so that one tenant's flood leaves room for the others."""
