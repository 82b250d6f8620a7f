"""Connect to Redis or Valkey: one server, Sentinel's masters or a cluster."""
