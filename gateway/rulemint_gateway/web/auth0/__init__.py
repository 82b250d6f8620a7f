"""The paths that only Auth0's tools call. They mirror `rulemint_gateway.auth0`."""
