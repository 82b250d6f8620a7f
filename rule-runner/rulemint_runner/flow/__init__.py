"""Run the rules of one invocation in their order, each with the scopes and claims that the one before left."""
