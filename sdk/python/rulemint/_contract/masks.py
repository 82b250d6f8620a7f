# Made by sdk/derive.py of rule-runner/rulemint_runner/flow/masking.py: change that, and run `make sdk`.
"""No secret gets into what is kept or shown of a rule's invocations: neither its own, nor what its name says is one."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rulemint._contract.masking import MASK, masked_text

SHORTEST_MASKED = 4
"""A shorter secret would mask half of every word, and protects nothing."""


class Mask:
    """Replaces secrets in texts, the longest first; each line of a secret of several lines counts for itself."""

    def __init__(self, secrets: Iterable[str]) -> None:
        parts = {part for value in secrets for part in (value, *value.splitlines()) if len(part) >= SHORTEST_MASKED}
        spelled = {spelling for part in parts for spelling in _spellings(part)}
        self._parts = sorted(spelled, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """*text* without the rule's secrets, and without the values in it that have a secret name."""
        for part in self._parts:
            text = text.replace(part, MASK)
        return masked_text(text)


def _spellings(text: str) -> set[str]:
    """Spell *text* as languages show it within quotes.

    As JSON, as a Python literal, as ``console.log`` shows a member.
    """
    in_json = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    in_single_quotes = text.replace("\\", "\\\\").replace("'", "\\'")
    return {text, *in_json, repr(text)[1:-1], in_single_quotes}
