"""Client grants: which client may ask for which API."""
