"""Writes configuration, each change with its audit record, and says when it is safe."""
