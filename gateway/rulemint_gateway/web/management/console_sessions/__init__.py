"""The calls about sessions of the console, and about links that begin one."""
