# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/paths.py: change that, and run `make sdk`.
"""Paths of this machine, as a rule's author sees them: of Python's library and of this host, what nobody else has."""

import os

_LIBRARY = f"{os.__file__.rpartition('/')[0]}/"
_HOST = f"{__file__.rpartition('/')[0]}/"
_NAMES = {_LIBRARY: f"{_LIBRARY.split('/')[-2]}/", _HOST: "rulemint/"}


def without_paths(text: str) -> str:
    """*text*, in which files of Python's library and of this host have short names."""
    if _LIBRARY in text or _HOST in text:
        for path, name in _NAMES.items():
            text = text.replace(path, name)
    return text
