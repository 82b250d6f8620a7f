"""Read and write text for people: errors, remarks, tables, diffs, progress bars, spans of time."""
