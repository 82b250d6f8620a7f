"""Pages for people: their own style and script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property
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


@dataclass(frozen=True)
class Look:
    """A page's style and script. The browser runs these two texts and no other."""

    style: str = ""
    script: str = ""

    @cached_property
    def headers(self) -> dict[str, str]:
        """The headers of a page with this look."""
        return {**PAGE_HEADERS, "Content-Security-Policy": self._policy()}

    @property
    def head(self) -> str:
        """The part of the page that stands in its head."""
        return f"<style>{_STYLE}{self.style}</style>"

    @property
    def foot(self) -> str:
        """The part of the page that stands behind its body."""
        return f"<script>{self.script}</script>" if self.script else ""

    def _policy(self) -> str:
        script = f"script-src '{source_of(self.script)}'; " if self.script else ""
        return f"default-src 'none'; style-src '{source_of(_STYLE + self.style)}'; {script}{NO_FRAMES}"


NO_FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_HEADERS = {
    "Cache-Control": "public, max-age=15",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
PLAIN = Look()


def source_of(text: str) -> str:
    """Name an inline script or style as a policy does (CSP 3 §2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def html_page(title: str, *body: str, look: Look = PLAIN) -> str:
    """A whole page; *body* is HTML already."""
    return "".join(
        [
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            f'<meta name="viewport" content="width=device-width">{look.head}</head><body>',
            *body,
            f"{look.foot}</body></html>",
        ]
    )


def page_answer(page: str, *, look: Look = PLAIN, headers: dict[str, str] | None = None) -> web.Response:
    """200 and *page*, which a browser shows without loading anything else."""
    return web.Response(text=page, content_type="text/html", headers={**look.headers, **(headers or {})})
