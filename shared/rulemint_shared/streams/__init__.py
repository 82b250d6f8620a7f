"""Write and read bounded streams of records."""
