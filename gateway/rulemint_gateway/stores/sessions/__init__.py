"""Sessions of the console in Redis, the links that begin one, and their audit records."""
