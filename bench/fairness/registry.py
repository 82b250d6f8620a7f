"""An npm registry with as many tiny packages as are asked for; it is slow to answer for those named ``slow…``."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

SLOW_S = 8.0


@contextmanager
def started_registry() -> Iterator[str]:
    """The URL of a registry that runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name = self.path.strip("/").removesuffix(".tgz")
        tarball = _tarball(name)
        if self.path.endswith(".tgz"):
            self._answer("application/octet-stream", tarball)
            return
        if name.startswith("slow"):
            time.sleep(SLOW_S)
        integrity = base64.b64encode(hashlib.sha512(tarball).digest()).decode()
        place = f"http://127.0.0.1:{self.server.server_port}/{name}.tgz"  # type: ignore[attr-defined]  # it is HTTP's
        version = {
            "name": name,
            "version": "1.0.0",
            "dist": {"tarball": place, "integrity": f"sha512-{integrity}"},
        }
        body = {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
        self._answer("application/json", json.dumps(body).encode())

    def _answer(self, content_type: str, body: bytes) -> None:
        with suppress(OSError):  # nobody waits for it
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing."""


def _tarball(name: str) -> bytes:
    files = {
        "package.json": json.dumps({"name": name, "version": "1.0.0", "main": "index.js"}),
        "index.js": f"module.exports = {name!r};",
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(packed.getvalue(), mtime=0)
