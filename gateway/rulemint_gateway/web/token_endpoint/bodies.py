"""Bodies of token requests: bounded, a form or JSON, decoded into parameters or refused."""

from __future__ import annotations

from aiohttp import hdrs
from aiohttp.helpers import parse_content_type
from multidict import CIMultiDictProxy

from rulemint_gateway.oauth.errors import (
    InvalidRequest,
    LateRequest,
    OAuthError,
    RequestTooLarge,
    UnsupportedCoding,
    UnsupportedMediaType,
)
from rulemint_gateway.oauth.parameters import Parameters
from rulemint_gateway.web.http.arrivals import TooLargeError, TooSlowError, UnknownCodingError, UnusableBodyError
from rulemint_gateway.web.http.bodies import JSON
from rulemint_gateway.web.token_endpoint.calls import TokenCall
from rulemint_gateway.web.token_endpoint.parameters import form_parameters, json_parameters

MAX_TOKEN_BODY_BYTES = 64 * 1024
FORM = "application/x-www-form-urlencoded"

_UNUSABLE: dict[type[UnusableBodyError], type[OAuthError]] = {
    UnusableBodyError: InvalidRequest,
    TooSlowError: LateRequest,
    TooLargeError: RequestTooLarge,
    UnknownCodingError: UnsupportedCoding,
}


async def read_parameters(call: TokenCall) -> Parameters:
    """The parameters of a token request, from a form or JSON.

    Raises:
        OAuthError: `RequestTooLarge`, `LateRequest`, `UnsupportedMediaType`, or `InvalidRequest` for a repeated
            parameter or a body that is not what its content type says.
        ClientGoneError: the client left before it had sent everything.
    """
    try:
        body = await call.body(MAX_TOKEN_BODY_BYTES)
    except UnusableBodyError as error:
        raise _UNUSABLE[type(error)](str(error)) from None
    content_type = _content_type(call.headers)
    if content_type == FORM:
        return form_parameters(body)
    if content_type == JSON:
        return json_parameters(body)
    raise UnsupportedMediaType(f"the Content-Type must be {FORM} or {JSON}")


def _content_type(headers: CIMultiDictProxy[str]) -> str:
    """Without its parameters; aiohttp's own reading, but for the two that nearly all clients send."""
    sent = headers.get(hdrs.CONTENT_TYPE, "")
    return sent if sent in {FORM, JSON} else parse_content_type(sent)[0]
