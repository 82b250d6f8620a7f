"""Rollouts: a version meets a part of the live token requests before it runs for all."""
