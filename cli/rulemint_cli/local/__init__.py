"""Run the whole system on this machine, make its files, and check its sandbox."""
