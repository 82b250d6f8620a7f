"""Keep a tenant's configuration in a file: export it, read it, compare it with a system, and apply it."""
