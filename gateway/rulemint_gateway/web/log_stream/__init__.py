"""``GET /logs``: the records of a tenant, live and from the past, over a websocket, as SSE or line by line."""
