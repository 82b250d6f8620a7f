"""What a large store costs a gateway."""
