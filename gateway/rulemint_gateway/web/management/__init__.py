"""``/api/v2``: the handlers of the management API, a file for each noun."""
