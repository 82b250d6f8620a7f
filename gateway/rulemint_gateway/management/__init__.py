"""What an operator does to clients, APIs, client grants, rules and secrets."""
