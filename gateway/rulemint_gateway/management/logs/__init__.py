"""The tenant log, as Auth0's Management API shows it."""
