"""The broker speaks to the server that the name means, or not at all."""

from __future__ import annotations

import asyncio
import ssl
import warnings

from aiohttp import web as http

from fixtures.web import NAME, OTHER_NAME, Authority, Web
from rulemint_runner.egress.client import open_egress


async def hello(_request: http.Request) -> http.Response:
    return http.Response(text="hello")


def limited_to(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """*context*, speaking nothing newer than *version*."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


async def version_spoken_by(port: int, authority: Authority) -> str:
    """What a client that takes anything agrees on with the server at *port*."""
    anything = limited_to(ssl.create_default_context(cafile=authority.file), ssl.TLSVersion.TLSv1_3)
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=anything, server_hostname=NAME)
    version: str = writer.get_extra_info("ssl_object").version()
    writer.transport.abort()
    return version


async def failure(web: Web, context: ssl.SSLContext) -> str:
    port = await web.serve(hello, tls=context)
    return await web.error(f"https://{NAME}:{port}/")


async def test_a_server_with_a_valid_certificate_is_spoken_to(web: Web) -> None:
    port = await web.serve(hello, tls=web.authority.server())
    assert (await web.fetch(f"https://{NAME}:{port}/")).body == b"hello"


async def test_a_server_of_tls_1_2_is_spoken_to_and_one_of_1_1_is_not(web: Web) -> None:
    context = limited_to(web.authority.server(), ssl.TLSVersion.TLSv1_2)
    port = await web.serve(hello, tls=context)
    assert (await web.fetch(f"https://{NAME}:{port}/")).body == b"hello"
    old = await web.serve(hello, tls=limited_to(web.authority.server(), ssl.TLSVersion.TLSv1_1))
    assert await version_spoken_by(old, web.authority) == "TLSv1.1"
    assert "failed: " in await web.error(f"https://{NAME}:{old}/")


async def test_a_certificate_for_another_name_is_refused(web: Web) -> None:
    assert "the certificate is not valid: Hostname mismatch" in await failure(web, web.authority.server(OTHER_NAME))


async def test_an_expired_certificate_is_refused(web: Web) -> None:
    assert "certificate has expired" in await failure(web, web.authority.server(days=-1))


async def test_a_self_signed_certificate_is_refused(web: Web) -> None:
    assert "self-signed certificate" in await failure(web, web.authority.server(self_signed=True))


async def test_an_authority_that_nobody_named_is_refused(web: Web) -> None:
    port = await web.serve(hello, tls=web.authority.server())
    async with open_egress(allow_private=["127.0.0.0/8"], hosts_file=str(web.hosts_file)) as web.broker:
        assert "the certificate is not valid" in await web.error(f"https://{NAME}:{port}/")


async def test_a_server_that_does_not_speak_tls_fails(web: Web) -> None:
    port = await web.serve(hello)
    assert "failed: TLS: " in await web.error(f"https://{NAME}:{port}/")


async def test_the_name_is_sent_so_that_the_server_can_choose_its_certificate(web: Web, authority: Authority) -> None:
    asked: list[str | None] = []
    context, right = authority.server(OTHER_NAME), authority.server()

    def choose(connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        asked.append(name)
        connection.context = right

    context.sni_callback = choose
    port = await web.serve(hello, tls=context)
    assert (await web.fetch(f"https://{NAME}:{port}/")).body == b"hello"
    assert asked == [NAME]
