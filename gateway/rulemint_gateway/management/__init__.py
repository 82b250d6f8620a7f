"""Use cases: an operator works on clients, APIs, client grants, rules and secrets."""
