"""The use cases of rules: their texts and versions, their secrets and packages, and the same rules as hooks."""
