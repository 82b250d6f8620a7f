from __future__ import annotations

import io
import os

from rulemint_cli.local.child_processes import Child
from rulemint_cli.local.embedded_valkey import UNSAID
from rulemint_cli.local.merged_log import Console


async def test_a_line_that_is_not_for_the_user_is_kept_and_not_shown() -> None:
    shown = io.StringIO()
    script = f"echo before; echo '# WARNING {UNSAID}! Without it, …'; echo after"
    child = Child("valkey", ["/bin/sh", "-c", script], os.environ, Console(shown), unsaid=UNSAID)
    assert await child.run_once() == 0
    assert shown.getvalue() == "valkey   │ before\nvalkey   │ after\n"
    assert len(child.last_lines) == 3
