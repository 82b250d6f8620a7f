"""Record what the hosts of an exchange saw, keep it sealed, and replay it without any way out."""
