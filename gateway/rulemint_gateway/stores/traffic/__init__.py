"""Records of traffic: exchanges, the log, refused calls, counts."""
