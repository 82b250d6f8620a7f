"""``rulemint``: the operator's command line, and the whole system on one machine."""
