"""Look at a running system: its logs, its status, a token, the demo."""
