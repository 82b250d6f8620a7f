"""Cases: token requests with what is expected of a rule, as their authors write them (docs/cases.md)."""
