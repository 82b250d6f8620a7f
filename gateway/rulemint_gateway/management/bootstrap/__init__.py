"""The records that a new system needs before anybody can call it."""
