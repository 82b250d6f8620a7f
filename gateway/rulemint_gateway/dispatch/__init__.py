"""Invocations out to the runners, outcomes back."""
