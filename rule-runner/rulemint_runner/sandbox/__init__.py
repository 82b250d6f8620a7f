"""Starting a process that may hold hostile code: what it is left with, and who ends it."""
