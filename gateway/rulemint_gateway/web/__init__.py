"""HTTP: the only folder, besides compose and server, that knows aiohttp."""
