"""What changes as there is more of something: tenants, processes, clients, idle time; and dispatch by itself."""
