"""Set how many files and connections a process may have open (setrlimit(2))."""

from __future__ import annotations

import resource


def allow_most_open_files() -> int:
    """Let this process open as many files as its hard limit lets it; how many that are.

    Shells and service managers give 1,024 for the sake of programs that use select(2), which ours do not.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
