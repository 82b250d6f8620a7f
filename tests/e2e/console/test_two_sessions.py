"""Two people with different scopes look at the same rule at once: one changes it, and the other may not."""

from __future__ import annotations

import re

import pytest

from fixtures.console_page import OPERATOR, Console, Opener
from fixtures.management import Management

pytestmark = pytest.mark.timeout(120)

GOLD = "export default () => ({ plan: 'gold' });\n"
AUTHOR = ("read:rules", "update:rules")
_PATCH = """async (path) => (await fetch(path, {
  method: "PATCH",
  headers: { "Content-Type": "application/json", "X-Rulemint-Console": "1" },
  body: '{"enabled": true}',
})).status"""
"""What a button that is not disabled would send."""


async def test_an_author_and_a_reader_see_one_rule_and_only_the_author_changes_it(
    console: Opener, management: Management
) -> None:
    async with management.rule(GOLD, name="between us", enabled=False) as rule:
        place = f"/rules/{rule['id']}"
        author = await console(place=place, scopes=AUTHOR)
        reader = await console(place=place, scopes=OPERATOR)
        author.expected += ["/api/v2/rules/try", "/api/v2/rules/check"]  # it checks until the test is over
        for window in (author, reader):
            await window.page.get_by_text("v1 is off", exact=True).wait_for()
            await window.page.get_by_text("'gold'").wait_for()
        await _sees_all_closed(reader)
        reader.expected.append("403")
        assert await reader.page.evaluate(_PATCH, f"/api/v2/rules/{rule['id']}") == 403

        await author.page.get_by_role("button", name="Turn on").click()
        await author.page.get_by_text("v1 runs", exact=True).wait_for()
        await reader.page.reload()
        await reader.page.get_by_text("v1 runs", exact=True).wait_for()
        await _sees_all_closed(reader)
        assert await author.page.evaluate(_PATCH, f"/api/v2/rules/{rule['id']}") == 200


async def test_a_reader_of_the_log_goes_where_an_author_without_its_scope_may_not(
    console: Opener, management: Management
) -> None:
    client = await management.a_client(name="seen by one")
    author = await console(place="/exchanges", scopes=AUTHOR)
    reader = await console(place="/exchanges", scopes=OPERATOR)
    await management.ask(client.request())
    await author.page.get_by_text("needs read:logs").first.wait_for()
    await reader.page.get_by_role("link", name="Token requests", exact=True).click()
    await reader.go(f"/exchanges?client_id={client.client_id}")
    await reader.page.locator("tbody tr").first.wait_for()
    assert await author.page.locator("tbody tr").count() == 0


async def _sees_all_closed(window: Console) -> None:
    """Each button that would change the rule is disabled, with the name of the scope."""
    await window.page.get_by_text("Read only: it needs update:rules").wait_for()
    for name in ("Turn", "Save", "Try", "Deploy"):
        button = window.page.get_by_role("button", name=re.compile(f"^{name}"))
        assert await button.is_disabled()
        assert "needs update:rules" in await button.inner_text()
