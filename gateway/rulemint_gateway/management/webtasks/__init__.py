"""Rules as webtasks: what `wt` and `auth0`, the tools of npm `wt-cli`, create, read, update and remove."""
