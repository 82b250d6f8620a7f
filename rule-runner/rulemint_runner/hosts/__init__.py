"""Rule hosts: the processes in which rule versions run, one invocation at a time."""
