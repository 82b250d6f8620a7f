"""The commands of ``rulemint``, a file for each noun; what they do is in the modules beside this package."""
