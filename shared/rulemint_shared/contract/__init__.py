"""Define what services agree on: stored records, messages between services, and the names of both in Redis."""
