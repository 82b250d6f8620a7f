"""Checks that the store's names are those that this version knows, and renames those of an older version."""
