"""The gateway's settings, from variables ``RULEMINT_*``. `gateway` has all; the other files have their types."""
