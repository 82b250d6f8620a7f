"""The HTTP API that `wt` and `auth0`, the tools of npm `wt-cli`, speak."""
