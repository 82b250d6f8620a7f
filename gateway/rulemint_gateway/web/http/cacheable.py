"""Answers that anybody may keep for a moment: with an ETag, and without a body for who has them (RFC 9110 §13.1.2)."""

from __future__ import annotations

import hashlib
from http import HTTPStatus

import msgspec
from aiohttp import web

from rulemint_gateway.web.http.problems import encoded_answer

ANYBODY_FOR_A_MOMENT = {"Cache-Control": "public, max-age=15", "Access-Control-Allow-Origin": "*"}


def cacheable_answer(request: web.Request, document: object) -> web.Response:
    """200 and *document* as JSON, or 304 where ``If-None-Match`` names it."""
    body = msgspec.json.encode(document)
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = {**ANYBODY_FOR_A_MOMENT, "ETag": f'"{tag}"'}
    if any(known.value in {tag, "*"} for known in request.if_none_match or ()):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    return encoded_answer(body, status=HTTPStatus.OK, headers=headers)
