"""Look for what is wrong with this machine and with a running system (``rulemint doctor``)."""
