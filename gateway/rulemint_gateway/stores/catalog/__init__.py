"""The configuration in memory: loaded once, kept fresh by the changes that gateways publish."""
