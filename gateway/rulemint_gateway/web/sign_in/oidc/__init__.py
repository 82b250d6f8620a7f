"""Signing in by OpenID Connect: the code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636)."""
