"""Explanations: why a token holds what it holds."""
