"""M5: a rule's text in bytes that are not UTF-8. It is refused at the door, and the rule that was there goes on."""

from __future__ import annotations

import json

import pytest

from fixtures.hostile_rules import HARMLESS
from fixtures.street import Street

NOT_UTF_8 = {
    "a byte that never occurs": b"\xff\xfe",
    "a surrogate as three bytes": b"\xed\xa0\x80",
    "half of a pair, escaped": b"\\ud800",
    "a character spelled too long": b"\xc0\xaf",
    "beyond the last character": b"\xf4\x90\x80\x80",
    "a sequence that is cut off": b"\xe2\x82",
}
MARK = "PUT IT HERE"
COMMENT = {"javascript": "//", "python": "#"}


@pytest.mark.parametrize("language", HARMLESS)
@pytest.mark.parametrize("unreadable", NOT_UTF_8.values(), ids=NOT_UTF_8.keys())
async def test_a_text_that_is_not_utf_8_is_refused_and_the_rule_stays_as_it_was(
    street: Street, language: str, unreadable: bytes
) -> None:
    tenant, client = street.attacker, street.client
    script = f"{HARMLESS[language]}\n{COMMENT[language]} {MARK}\n"
    async with tenant.rule(HARMLESS[language], language=language) as rule:
        written = {"name": "unreadable", "language": language, "script": script}
        for method, path, value in (
            ("PATCH", f"/api/v2/rules/{rule['id']}", {"script": script}),
            ("POST", "/api/v2/rules", written),
            ("POST", "/api/v2/rules/try", {**written, "client": client.client_id}),
        ):
            body = json.dumps(value).encode().replace(MARK.encode(), unreadable)
            headers = {"Authorization": f"Bearer {tenant.token}", "Content-Type": "application/json"}
            async with tenant.session.request(method, f"{tenant.url}{path}", data=body, headers=headers) as answer:
                assert answer.status == 400
                assert "The body is not JSON" in await answer.text()
        again = await tenant.ask(client.request())
        assert (again.status, again.body["scope"]) == (200, "read write harmless")
