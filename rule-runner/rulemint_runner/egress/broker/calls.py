"""One call from its first hop to its last: each is checked, sent and judged like the first."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import ssl

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
)
from yarl import URL

from rulemint_runner.egress.broker.bodies import PlainBody, body_taker
from rulemint_runner.egress.broker.headers import check_host, handed_on, sendable
from rulemint_runner.egress.broker.redirects import MAX_REDIRECTS, Hop, is_redirect, next_hop
from rulemint_runner.egress.broker.sessions import Sessions
from rulemint_runner.egress.errors import Code, EgressDenied, EgressError, EgressFailed, EgressTooLarge, Kind
from rulemint_runner.egress.messages import MAX_BODY_BYTES, Fetch, Fetched, OutboundRequest, Redirect
from rulemint_runner.egress.urls import allowed_url
from rulemint_shared.allow_list import AllowedHost, parse_entries
from rulemint_shared.process.shortages import shortage_of

_METHOD = re.compile(r"[A-Za-z]{1,20}")
_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_FIRST_FINAL_STATUS = 200
_WITHOUT_BODY = frozenset({204, 304})


async def perform(fetch: Fetch, sessions: Sessions) -> Fetched:
    """The response to *fetch*.

    Raises:
        EgressError: there is none that its rule may have.
    """
    try:
        async with asyncio.timeout(fetch.timeout_ms / 1000), sessions.session_of((fetch.tenant, fetch.rule)) as session:
            return await _follow(fetch, session)
    except ConnectionTimeoutError:
        raise EgressError(Kind.TIMED_OUT, "no connection in time", Code.CONNECT_TIMED_OUT) from None
    except TimeoutError:
        raise EgressError(Kind.TIMED_OUT, "no whole response in time") from None
    except (ClientError, OSError) as error:
        if shortage := shortage_of(error):
            raise EgressError(Kind.EXHAUSTED, f"{shortage.event}: {shortage.limit}") from None
        raise EgressFailed(_explained(error), _code_of(error)) from None


async def _follow(fetch: Fetch, session: ClientSession) -> Fetched:
    entries = _entries_of(fetch)
    hop = _first_hop(fetch.request, entries)
    timeout = _timeout_of(fetch.request, session)
    for redirects in range(MAX_REDIRECTS + 1):
        response = await session.request(
            hop.method,
            URL(str(hop.url), encoded=True),
            headers=hop.headers,
            data=hop.body or None,
            allow_redirects=False,
            timeout=timeout,
        )
        try:
            location = response.headers.get("Location")
            if location is None or not is_redirect(response.status) or fetch.request.redirect is Redirect.MANUAL:
                return await _taken(fetch, hop, response, redirected=redirects > 0)
            if fetch.request.redirect is Redirect.ERROR:
                raise EgressFailed(f"{hop.url.host} redirects, and the request's redirect mode is 'error'")
            try:
                hop = next_hop(hop, response.status, location, entries)
            except EgressDenied as error:
                raise EgressDenied(
                    f"{hop.url.host} redirects to where the rule may not go: {error.why}", error.code
                ) from None
        finally:
            response.close()  # nothing to do if all of it was read; else its rest may be endless
    raise EgressDenied(f"more than {MAX_REDIRECTS} redirects")


def _timeout_of(request: OutboundRequest, session: ClientSession) -> ClientTimeout:
    """The session's own, with the time that the rule gives a connection, from its look-up to the handshake's end."""
    if request.connect_timeout_ms is None:
        return session.timeout
    within_s = request.connect_timeout_ms / 1000
    return ClientTimeout(total=None, connect=within_s, sock_connect=session.timeout.sock_connect)


def _entries_of(fetch: Fetch) -> tuple[AllowedHost, ...]:
    try:
        return parse_entries(fetch.allow_hosts)
    except ValueError as error:
        raise EgressDenied(str(error)) from None


def _first_hop(request: OutboundRequest, entries: tuple[AllowedHost, ...]) -> Hop:
    method = request.method.upper()
    if _METHOD.fullmatch(method) is None or method in _FORBIDDEN_METHODS:
        raise EgressDenied(f"{request.method[:20]!r} is not a method that a rule can use")
    url = allowed_url(request.url, entries)
    check_host(request.headers, url)
    return Hop(method, url, sendable(request.headers, as_sent=request.as_sent), request.body)


async def _taken(fetch: Fetch, hop: Hop, response: ClientResponse, *, redirected: bool) -> Fetched:
    """The response with its whole body, if it is within the bounds."""
    if response.status < _FIRST_FINAL_STATUS:
        raise EgressFailed(f"the response has status {response.status}, which is none of a response")
    has_body = hop.method != "HEAD" and response.status not in _WITHOUT_BODY
    codings = response.headers.getall("Content-Encoding", ()) if has_body else ()
    taker = PlainBody() if fetch.request.as_sent else body_taker(", ".join(codings))
    headers = handed_on(response.raw_headers, was_decoded=taker.decodes)
    if has_body and (response.content_length or 0) > MAX_BODY_BYTES:
        raise EgressTooLarge(f"the response's body has more than {MAX_BODY_BYTES} bytes")
    async for piece in response.content.iter_any():
        taker.take(piece)
    return Fetched(
        number=fetch.number,
        status=response.status,
        reason=_printable(response.reason or ""),
        headers=headers,
        body=taker.finish(),
        url=str(hop.url),
        redirected=redirected,
    )


def _explained(error: ClientError | OSError) -> str:
    """The other side's or the network's failure in a line, with nothing of the other side's bytes in it."""
    cause: Exception = error.os_error if isinstance(error, ClientConnectorError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"TLS: the certificate is not valid: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {cause.reason or 'the handshake failed'}"
    if isinstance(error, ClientConnectorError):
        number = error.os_error.errno
        return f"cannot connect: {os.strerror(number) if number else 'the other side closed the connection'}"
    return f"the response is not valid HTTP, or ended too early ({type(error).__name__})"


def _code_of(error: ClientError | OSError) -> Code:
    """The failure as Node names it: that is what libraries know."""
    cause: Exception = error.os_error if isinstance(error, ClientConnectorError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Code.BAD_CERTIFICATE
    if isinstance(cause, ssl.SSLError):
        return Code.TLS
    if isinstance(error, ClientConnectorError) and error.os_error.errno == errno.EACCES:
        return Code.FORBIDDEN_HOST
    return Code.REFUSED if isinstance(error, ClientConnectorError) else Code.RESET


def _printable(text: str) -> str:
    return text.encode("ascii", "replace").decode()[:256]
