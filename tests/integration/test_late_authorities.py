"""aiohttp reads the system's authorities at its first https connection, and verifies every certificate all the same."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme
from aiohttp import web

PROGRAM = """
import rulemint_shared.process.late_authorities
import asyncio, ssl, sys
import aiohttp, uvloop
from aiohttp import connector

READ = "set_default_verify_paths"
assert READ not in vars(ssl.SSLContext), "every other context would trust nobody"
assert connector._SSL_CONTEXT_VERIFIED.cert_store_stats()["x509_ca"] == 0, "they were read at the start"

async def ask():
    async with aiohttp.ClientSession() as session, session.get(sys.argv[1]) as response:
        return await response.text()

try:
    print(uvloop.run(ask()))
except aiohttp.ClientConnectorCertificateError:
    print("refused")
"""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
async def address(authority: trustme.CA) -> AsyncIterator[str]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


def asked(address: str, trusted: Path) -> str:
    environment = {**os.environ, "SSL_CERT_FILE": str(trusted)}
    argv = [sys.executable, "-c", PROGRAM, address]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_a_server_of_a_trusted_authority_answers(address: str, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    assert await asyncio.to_thread(asked, address, tmp_path / "ca.pem") == "hello"


async def test_a_server_of_another_authority_is_refused(address: str, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    assert await asyncio.to_thread(asked, address, tmp_path / "ca.pem") == "refused"
