"""Say why Deno could not install from an npm registry as npm would have said it, with Deno's own words behind it.

Rules' authors know npm's messages, by their code (``E404``, ``ETARGET``) and the package with its version.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus

from rulemint_runner.packages.installing.upstream import NoAnswerError
from rulemint_shared.contract.package_messages import Wanted

_ABSENT = re.compile(r"npm package '(?P<name>[^']+)' does not exist")
_NO_VERSION = re.compile(r"Could not find npm package '(?P<name>[^']+)' matching '(?P<version>[^']*)'")
_LOADING = re.compile(r"Failed loading (?P<url>\S+) for package \"[^\"]+\"")
_BAD_RESPONSE = re.compile(r"Bad response: (?P<status>\d{3})\b")


def in_npm_words(said: str, wanted: Sequence[Wanted], missing: Sequence[NoAnswerError] = ()) -> str:
    """Say what npm says where Deno has *said* that, with *missing* at the registry.

    *said* if npm has no word for it.
    """
    unheard = next((each for each in missing if each.status is None), None)
    words = _words(said, wanted) if unheard is None else f"npm error network request to {unheard.url} failed"
    return said if words is None else f"{words}\n{said}"


def _words(said: str, wanted: Sequence[Wanted]) -> str | None:
    if absent := _ABSENT.search(said):
        spec = _spec(absent["name"], wanted)
        return f"npm error code E404\nnpm error 404  '{spec}' is not in this registry."
    if no_version := _NO_VERSION.search(said):
        spec = f"{no_version['name']}@{no_version['version']}"
        return f"npm error code ETARGET\nnpm error notarget No matching version found for {spec}."
    loading, response = _LOADING.search(said), _BAD_RESPONSE.search(said)
    if loading and response:
        status = response["status"]
        return f"npm error code E{status}\nnpm error {status} {status} {_phrase(status)} - GET {loading['url']}"
    return None


def _spec(name: str, wanted: Sequence[Wanted]) -> str:
    """The package as the rule asks for it; by its name alone if only another package does."""
    return next((f"{each.name}@{each.version.strip() or '*'}" for each in wanted if each.name == name), name)


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return "Unknown"
