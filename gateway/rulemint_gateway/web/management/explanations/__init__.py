"""The call of explanations."""
