"""The whole system on this machine: its processes, its data directory, its certificate; and a check of the sandbox."""
