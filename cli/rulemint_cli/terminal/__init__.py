"""Input and output of a terminal: errors, remarks, tables, diffs, progress bars, spans of time."""
