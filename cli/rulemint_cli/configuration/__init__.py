"""A tenant's configuration as a file: written, read, compared with what a system has, and applied to it."""
