"""Sessions of the console: who is signed in, what they may do now, and the links that sign somebody in."""
