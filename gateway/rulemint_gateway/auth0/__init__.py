"""Views for Auth0's tools: actions, hooks, webtasks and the wording of errors. Nothing below knows them."""
