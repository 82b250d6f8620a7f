"""``/api/v2/actions``: actions, their versions, and the one trigger with its bindings."""
