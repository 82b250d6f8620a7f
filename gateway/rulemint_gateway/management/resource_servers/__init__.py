"""APIs, which the management API calls resource servers."""
