"""A rule as a file: tried, deployed, deployed again after each save; and the types that editors know."""
