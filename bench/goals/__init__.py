"""What is to be reached, measured in one go: against peers, with many tenants, while rules wait, and next to a loop."""
