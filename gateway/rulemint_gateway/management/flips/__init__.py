"""Flips: the smallest change of a token request that would have brought a token, a claim or a scope."""
