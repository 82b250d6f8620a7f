"""Generated rules with a known flip: a token request that each of them refuses, or leaves without a claim."""
