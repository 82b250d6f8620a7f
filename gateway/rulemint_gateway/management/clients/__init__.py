"""The use cases of clients and of their secrets."""
