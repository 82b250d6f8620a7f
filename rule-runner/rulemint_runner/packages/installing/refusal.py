"""Why an installation fails."""

from __future__ import annotations


class InstallError(Exception):
    """These packages cannot be installed; the text is for the rule's author."""
