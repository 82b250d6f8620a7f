"""Say why an installation fails."""

from __future__ import annotations


class InstallError(Exception):
    """These packages cannot be installed; the text is for the rule's author."""


class RegistryDownError(Exception):
    """The registry does not answer, or not now: the same request may succeed later. The text says what was asked."""
