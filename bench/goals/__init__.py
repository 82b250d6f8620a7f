"""What is to be reached, measured in one go: beside peers, with many tenants, while rules wait, and beside a loop."""
