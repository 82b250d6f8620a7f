"""``POST /oauth/token``: from a request's bytes to an answer."""
