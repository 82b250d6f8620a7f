"""Hold rules to what a host and the runner hold them to, by the same files."""
