"""Webtasks: the same rules as npm `wt-cli` makes and shows them."""
