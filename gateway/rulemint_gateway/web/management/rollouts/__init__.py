"""HTTP of the rollouts of versions."""
