"""Generated rules: each token request that they decide is replayed from its tape, as it is and with a frame altered."""
