"""A client's connection: how long it may take, how many there may be, and what becomes of what cannot be read."""
