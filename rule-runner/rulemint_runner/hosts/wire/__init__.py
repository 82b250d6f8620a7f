"""Speak to a host: frames, the sockets that carry them, and what a rule asks for."""
