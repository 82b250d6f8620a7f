"""Attack the runner's own sandbox, with a host of each language."""
