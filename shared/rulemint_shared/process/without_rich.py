"""structlog without rich, which would cost each service a tenth of a second at its start; tracebacks here are plain.

Import this before anything that imports structlog.
"""

from __future__ import annotations

import sys

if "rich" not in sys.modules:
    sys.modules["rich"] = None  # type: ignore[assignment]  # which is how Python is told that a module is not to be had
    import structlog.tracebacks  # noqa: F401  # it notes now that there is no rich

    del sys.modules["rich"]
