"""Claim jobs and run their invocations, and send each ending to the gateway that waits for it."""
