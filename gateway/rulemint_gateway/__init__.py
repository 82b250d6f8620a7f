"""The gateway: everything that speaks HTTP. It mints tokens and never runs a rule."""
