"""What is measured: token endpoints that run, ours by the flows of their tenants."""
