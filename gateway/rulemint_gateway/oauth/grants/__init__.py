"""Grant types (RFC 6749 §4): a file for each."""
