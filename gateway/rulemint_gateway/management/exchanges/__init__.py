"""Token requests of a tenant: lists of them, and all about one."""
