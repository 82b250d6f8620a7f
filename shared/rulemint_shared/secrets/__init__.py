"""Encrypt secrets, and find, mask and leave out what is secret by its name."""
