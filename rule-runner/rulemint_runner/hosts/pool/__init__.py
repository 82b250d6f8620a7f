"""Find a host for each turn: queues, spare hosts, work, and the end of hosts."""
