"""Connect to a running system: find credentials, call its management API, find records by name."""
