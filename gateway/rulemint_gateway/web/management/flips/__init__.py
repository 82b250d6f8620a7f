"""The call that searches for the smallest change."""
