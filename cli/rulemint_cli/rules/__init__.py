"""Work on a rule in a file: try it, deploy it, deploy it after each save, and give its types to editors."""
