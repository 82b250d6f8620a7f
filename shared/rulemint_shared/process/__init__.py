"""Run a service's process: settings, log, background work, and its end with its parent."""
