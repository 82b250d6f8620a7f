"""Show a rule as little of its machine as a container shows of a process in it, so that libraries may look.

There are no users in a host, no folder for what is temporary, and no terminal. A library that asks for them is answered
as in a container. Writing is refused.
"""

import os
import sys

HOME = "/"
_NAME = "rule"
_UMASK = 0o022
_TEMPORARY = "/tmp"  # noqa: S108  # nothing is there


def define() -> None:
    """Answer what modules are asked that are loaded in any case, or cost nothing to load."""
    import grp  # noqa: PLC0415  # beside what uses it: both are part of the interpreter, or small
    import pwd  # noqa: PLC0415  # as above

    user, group = os.getuid(), os.getgid()
    me = pwd.struct_passwd((_NAME, "x", user, group, "", HOME, ""))
    mine = grp.struct_group((_NAME, "x", group, []))
    _answer(pwd, me, "getpwuid", "getpwnam", "getpwall")
    _answer(grp, mine, "getgrgid", "getgrnam", "getgrall")
    os.umask = lambda _mask: _UMASK
    sys.argv[:] = [f"{HOME}rule.py"]


def _answer(module: object, entry: object, by_number: str, by_name: str, all_of_them: str) -> None:
    """Have a database of the system hold *entry* besides what it has."""
    of_number, of_name, of_all = getattr(module, by_number), getattr(module, by_name), getattr(module, all_of_them)
    name, number = entry[0], entry[2]
    setattr(module, by_number, lambda asked: entry if asked == number else of_number(asked))
    setattr(module, by_name, lambda asked: entry if asked == name else of_name(asked))
    setattr(module, all_of_them, lambda: [*of_all(), entry])


def change_tempfile(module: object) -> None:
    """Name a folder for what is temporary. Nothing can be opened in it, and the error says so."""
    module._get_default_tempdir = lambda: _TEMPORARY  # noqa: SLF001  # it tries folders by writing into them
