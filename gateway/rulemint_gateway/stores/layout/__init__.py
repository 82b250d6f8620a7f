"""Whether the store's names are those that this version knows, and what is done where they are older."""
