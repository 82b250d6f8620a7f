"""A file in the format of hosts(5) that is asked before DNS: for names that only this installation knows."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from rulemint_shared.allow_list import normal_name

MAX_FILE_BYTES = 1024 * 1024


def read_hosts_file(path: Path) -> dict[str, tuple[str, ...]]:
    """The addresses of each name, in the order of the file.

    Raises:
        OSError: it cannot be read.
        ValueError: a line is malformed; the text names the line.
    """
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    found: dict[str, list[str]] = {}
    for number, line in enumerate(content.decode().splitlines(), start=1):
        address, *names = line.partition("#")[0].split() or [""]
        if not address:
            continue
        try:
            spelled = str(ipaddress.ip_address(address))
            for name in names:
                found.setdefault(_name(name), []).append(spelled)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    return {name: tuple(dict.fromkeys(addresses)) for name, addresses in found.items()}


def _name(text: str) -> str:
    """Names that no rule can ask for, such as localhost, may stand in the file: they are never looked up."""
    try:
        return normal_name(text)
    except ValueError:
        return ""
