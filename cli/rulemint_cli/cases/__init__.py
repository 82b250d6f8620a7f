"""Test rules by their cases: read files of cases, run each case on a running system, and report what differs."""
