"""Every example of the pages about rules runs as it stands there, and does what the block under it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jwt
import pytest

from fixtures.management import Management

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ["rules.md", "migrating-from-auth0.md"]
LANGUAGES = {"js": "javascript", "ts": "typescript", "python": "python"}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
OUR_CLAIMS = {"iss", "sub", "aud", "iat", "exp", "jti", "azp", "client_id", "gty"}


def examples() -> list[Any]:
    """Each rule on the pages with the JSON block under it; a rule without one is an error."""
    found = []
    for page in PAGES:
        text = (DOCS / page).read_text()
        blocks = list(_BLOCK.finditer(text))
        for block, following in zip(blocks, [*blocks[1:], None], strict=True):
            if block[1] not in LANGUAGES:
                continue
            heading = _HEADING.findall(text[: block.start()])[-1]
            assert following is not None, f"{page}: what does the last example of {heading} do?"
            assert following[1] == "json", f"{page}: what does the example of {heading} do?"
            name = f"{page}: {heading}: {block[1]}"
            found.append(pytest.param(LANGUAGES[block[1]], block[2], json.loads(following[2]), id=name))
    return found


def test_there_is_an_example_of_every_form() -> None:
    page = (DOCS / "rules.md").read_text()
    forms = re.findall(r"^\| \[.+?\]\(#(.+?)\)", page, re.MULTILINE)
    headings = {heading.lower().replace(" ", "-") for heading in _HEADING.findall(page)}
    assert len(forms) == 5
    assert set(forms) <= headings
    tried = {str(example.id).split(": ")[1].lower().replace(" ", "-") for example in examples()}
    assert set(forms) <= tried


@pytest.mark.parametrize(("language", "script", "expected"), examples())
async def test_an_example_does_what_the_page_says(
    management: Management, language: str, script: str, expected: dict[str, Any]
) -> None:
    client = await management.a_client(metadata={"plan": "gold"})
    async with management.rule(script, language=language, rule_secrets={"GREETING": "hello"}):
        answer = await management.ask(client.request())
    if "status" in expected:
        body = answer.body
        assert {"status": answer.status, "error": body["error"], "error_description": body["error_description"]} == (
            expected
        )
        return
    assert answer.status == 200, answer.text
    claims = jwt.decode(answer.body["access_token"], options={"verify_signature": False})
    assert {name: value for name, value in claims.items() if name not in OUR_CLAIMS} == expected
