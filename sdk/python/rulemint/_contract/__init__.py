"""What rules are held to, word for word as in a host."""
