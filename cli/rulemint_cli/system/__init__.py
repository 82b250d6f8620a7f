"""A running system as an operator sees it: its logs, its status, a token, the demo."""
