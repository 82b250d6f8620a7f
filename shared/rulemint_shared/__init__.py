"""The contract between Rulemint's services, and the means to keep it: nothing here knows HTTP or a rule host."""

__version__ = "0.1.0"
