"""The connection to a running system: its credentials, its management API, and the records that are found there."""
