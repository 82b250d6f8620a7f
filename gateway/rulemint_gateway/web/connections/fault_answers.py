"""The answer to a request that cannot be read."""

from __future__ import annotations

import re

from aiohttp import web

from rulemint_gateway.management.errors import UnreadableError
from rulemint_gateway.web.connections import faults
from rulemint_gateway.web.connections.faults import Fault
from rulemint_gateway.web.http.problems import NO_STORE, json_answer, management_problem
from rulemint_gateway.web.http.whole_answer import SERVER

_MANAGEMENT = re.compile(rb"[A-Z]+ /(api/|logs|console/api/)")
"""The beginning of a request whose errors have the shape of Auth0's Management API; all others have OAuth's."""


def fault_answer(fault: Fault | None, start: bytes) -> web.Response:
    """*fault* in the shape that the caller of a request that begins with *start* reads; without one it is ours."""
    if fault is None:
        fault = faults.OURS
    if _MANAGEMENT.match(start):
        words = fault.description[:1].upper() + fault.description[1:]
        response = management_problem(UnreadableError(words, status=fault.status))
    else:
        body = {"error": fault.error, "error_description": fault.description}  # RFC 6749 §5.2
        response = json_answer(body, status=fault.status, headers=dict(NO_STORE))
    response.headers["Server"] = SERVER
    response.force_close()
    return response
