"""Hand jobs from gateways to runners, through Redis."""
