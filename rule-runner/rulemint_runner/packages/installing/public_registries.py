"""Find the public registries as the tools that install from them know them. They are spelled nowhere else.

pip has its index in its own code. Deno only tells by asking for a package: its first request goes to a proxy of ours,
which hears the host and answers nothing.
"""

from __future__ import annotations

import re
import socket
import subprocess
import tempfile
from pathlib import Path

from pip._internal.models.index import PyPI
from yarl import URL

from rulemint_runner.packages.installing.refusal import RegistryDownError

ANSWERS_WITHIN_S = 10.0
_CONNECT = re.compile(rb"CONNECT ([A-Za-z0-9.-]{1,253}):443 HTTP/")


def public_index() -> tuple[URL, tuple[URL, ...]]:
    """pip's index, and where that keeps its files."""
    return URL(f"{PyPI.simple_url}/"), (URL(f"https://{PyPI.file_storage_domain}"),)


def public_npm_registry(deno: str, folder: Path) -> URL:
    """The registry that *deno* asks when nobody names another; *folder* is where it may write.

    Raises:
        RegistryDownError: it does not say.
    """
    with socket.create_server(("127.0.0.1", 0)) as proxy, tempfile.TemporaryDirectory(dir=folder) as scratch:
        proxy.settimeout(ANSWERS_WITHIN_S)
        environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{proxy.getsockname()[1]}",
            "DENO_DIR": scratch,
            "HOME": scratch,
        }
        asking = subprocess.Popen(
            [deno, "cache", "--no-config", "--no-lock", "--quiet", "npm:rulemint"],
            env=environment,
            cwd=scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            connection, _address = proxy.accept()
            with connection:
                connection.settimeout(ANSWERS_WITHIN_S)
                said = _CONNECT.match(connection.recv(1_024))
        except OSError as error:
            raise RegistryDownError("Deno does not say where npm's registry is: set RULEMINT_NPM_REGISTRY") from error
        finally:
            asking.kill()
            asking.wait()
    if said is None:
        raise RegistryDownError("Deno does not say where npm's registry is: set RULEMINT_NPM_REGISTRY")
    return URL(f"https://{said[1].decode()}/")
