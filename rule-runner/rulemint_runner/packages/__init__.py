"""Packages that rules use: installed once, outside of every rule's sandbox, and kept as immutable package sets."""
