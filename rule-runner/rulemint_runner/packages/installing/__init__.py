"""The program that installs: a process of its own for each installation, with nothing of the runner's in it."""
