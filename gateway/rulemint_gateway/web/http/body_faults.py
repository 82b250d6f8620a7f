"""Faults of a body that is still arriving: the connection sets them, and its reader raises them."""

from __future__ import annotations


class BodyFaultError(Exception):
    """The rest of a body will not come. `LateBodyError` and `MalformedBodyError` say why."""


class LateBodyError(BodyFaultError):
    """The body did not arrive within its deadline."""


class MalformedBodyError(BodyFaultError):
    """The body's chunks are none."""
