"""The rule runner: claims invocations, runs them in locked-down hosts, publishes what became of them."""
