"""Pages for people: one style, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from aiohttp import web

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
nav a { display: inline-block; margin-right: 1rem; }
section { border-top: 1px solid #8888; }
pre, code { font: 14px/1.4 ui-monospace, monospace; }
pre { background: #8882; overflow-x: auto; padding: .6rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #8884; padding: .2rem .6rem .2rem 0; text-align: left; vertical-align: top; }
summary { cursor: pointer; padding: .3rem 0; }
"""
_CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "public, max-age=15",
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def html_page(title: str, *body: str) -> str:
    """A whole page; *body* is HTML already."""
    return "".join(
        [
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>',
            *body,
            "</body></html>",
        ]
    )


def page_answer(page: str, *, headers: dict[str, str] | None = None) -> web.Response:
    """200 and *page*, which a browser shows without loading anything else."""
    return web.Response(text=page, content_type="text/html", headers={**_HEADERS, **(headers or {})})
