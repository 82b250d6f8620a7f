"""The longest spans of time that the management API takes, so that its callers can name them before they ask."""

from __future__ import annotations

LONGEST_GRACE_S = 30 * 86_400
"""A deleted tenant can be restored for so long at most."""
LONGEST_LIFETIME_S = 3_650 * 86_400
"""A client's secret that has an end is good for so long at most: ten years."""
