"""Signing in to the console: ``/console/api/session``, by a client's secret or a link."""
