"""Versions of a rule over HTTP: saved, deployed, rolled back, compared."""

from __future__ import annotations

import hashlib
from typing import Any

from fixtures.management import Answer, ApiClient, Management, read_exchange


def text(number: int) -> str:
    return f"export default () => ({{\n  n: {number},\n}});\n"


async def claim(management: Management, client: ApiClient) -> Any:
    """What the rule of the next token has set."""
    answer = await management.ask(client.request())
    assert answer.status == 200, answer.text
    exchange = await read_exchange(management, answer.headers["x-request-id"])
    return exchange["rules"][0]["claims_set"].get("n")


async def versions(management: Management, rule_id: str, query: str = "") -> Any:
    answer = await management.call("GET", f"/api/v2/rules/{rule_id}/versions{query}")
    assert answer.status == 200, answer.text
    return answer.body


async def deploy(management: Management, rule_id: str, number: int) -> Answer:
    return await management.call("POST", f"/api/v2/rules/{rule_id}/versions/{number}/deploy")


async def test_a_deployed_version_decides_the_next_token_backward_and_forward(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(text(1), audiences=[client.audience]) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        await management.call("PATCH", path, {"script": text(2)})
        assert await claim(management, client) == 2
        back = await deploy(management, rule["id"], 1)
        assert (back.status, back.body["version"], back.body["script"]) == (200, 1, text(1))
        assert await claim(management, client) == 1
        await deploy(management, rule["id"], 2)
        assert await claim(management, client) == 2
        assert [v["number"] for v in await versions(management, rule["id"])] == [2, 1]


async def test_a_version_is_not_deployed_over_a_change_that_was_not_seen(management: Management) -> None:
    async with management.rule(text(1), enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        tag = {"If-Match": (await management.call("GET", path)).headers["etag"]}
        await management.call("PATCH", path, {"script": text(2)})
        refused = await management.call("POST", f"{path}/versions/1/deploy", headers=tag)
        assert (refused.status, refused.body["errorCode"]) == (412, "precondition_failed")
        assert (await management.call("GET", path)).body["version"] == 2


async def test_a_draft_is_kept_but_does_not_run_until_it_is_deployed(management: Management) -> None:
    client = await management.a_client()
    async with management.rule(text(1), audiences=[client.audience]) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        saved = await management.call("PATCH", path, {"script": text(2), "draft": True})
        assert (saved.status, saved.body["version"], saved.body["draft_version"]) == (200, 1, 2)
        assert saved.body["script"] == text(1)
        assert await claim(management, client) == 1
        assert [(v["number"], v["deployed"], v["draft"]) for v in await versions(management, rule["id"])] == [
            (2, False, True),
            (1, True, False),
        ]
        deployed = (await deploy(management, rule["id"], 2)).body
        assert (deployed["version"], deployed["draft_version"], deployed["script"]) == (2, None, text(2))
        assert await claim(management, client) == 2


async def test_a_draft_goes_on_from_the_draft_and_a_live_change_from_what_runs(management: Management) -> None:
    async with management.rule(text(1), enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        await management.call("PATCH", path, {"script": text(2), "draft": True})
        await management.call("PATCH", path, {"allow_hosts": ["a.example"], "draft": True})
        live = (await management.call("PATCH", path, {"limits": {"timeout_s": 1}})).body
        assert (live["version"], live["draft_version"], live["script"]) == (4, 3, text(1))
        draft = (await management.call("GET", f"{path}/versions/3")).body
        assert (draft["script"], draft["allow_hosts"]) == (text(2), ["a.example"])
        same = (await management.call("PATCH", path, {"script": text(2), "draft": True})).body
        assert same["draft_version"] == 3


async def test_a_version_says_who_made_it_and_what_it_fixes(management: Management) -> None:
    async with management.rule(text(1), enabled=False, allow_hosts=["a.example"]) as rule:
        page = await versions(management, rule["id"], "?include_totals=true")
        assert (page["start"], page["limit"], page["total"]) == (0, 50, 1)
        (version,) = page["versions"]
        assert version["created_by"] == management.admin["client_id"]
        assert version["created_at"].endswith("Z")
        assert version["script_sha256"] == hashlib.sha256(text(1).encode()).hexdigest()
        assert (version["allow_hosts"], version["language"]) == (["a.example"], "javascript")
        assert "script" not in version


async def test_a_version_keeps_its_message_and_the_next_one_does_not_inherit_it(management: Management) -> None:
    async with management.rule(text(1), enabled=False, message="begins") as rule:
        path = f"/api/v2/rules/{rule['id']}"
        assert (rule["message"], rule["previous_version"]) == ("begins", None)
        changed = (await management.call("PATCH", path, {"script": text(2)})).body
        assert (changed["message"], changed["previous_version"]) == ("", 1)
        assert [v["message"] for v in await versions(management, rule["id"])] == ["", "begins"]
        refused = await management.call("PATCH", path, {"order": 7, "message": "moved"})
        assert (refused.status, refused.body["field"]) == (400, "message")
        assert (await management.call("GET", path)).body["order"] == rule["order"]


async def test_the_version_that_ran_before_is_kept_at_any_age(management: Management) -> None:
    async with management.rule(text(1), enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        for number in range(2, 4):
            await management.call("PATCH", path, {"script": text(number)})
        back = (await deploy(management, rule["id"], 1)).body
        assert (back["version"], back["previous_version"]) == (1, 3)
        again = (await deploy(management, rule["id"], 1)).body
        assert again["previous_version"] == 3


async def test_versions_come_in_pages_newest_first(management: Management) -> None:
    async with management.rule(text(1), enabled=False) as rule:
        for number in (2, 3):
            await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": text(number)})
        pages = [await versions(management, rule["id"], f"?per_page=2&page={page}") for page in (0, 1, 2)]
        assert [[v["number"] for v in page] for page in pages] == [[3, 2], [1], []]


async def test_what_differs_is_shown_as_json_and_as_a_text(management: Management) -> None:
    async with management.rule(text(1), name="differing", enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        await management.call("PATCH", path, {"script": text(2), "limits": {"timeout_s": 1}, "draft": True})
        by_default = (await management.call("GET", f"{path}/diff")).body
        assert (by_default["from"], by_default["to"]) == (1, 2)
        assert by_default["changed"]["limits"]["to"]["timeout_s"] == 1
        assert "script" not in by_default["changed"]
        assert "-  n: 1,\n+  n: 2,\n" in by_default["script"]
        plain = await management.call("GET", f"{path}/diff?from=2&to=1", headers={"Accept": "text/plain"})
        assert plain.headers["content-type"].startswith("text/x-diff")
        assert plain.text.startswith("--- differing@2\n+++ differing@1\n@@")
        same = (await management.call("GET", f"{path}/diff?from=1&to=1")).body
        assert (same["script"], same["changed"]) == ("", {})


FILLER = "//\n" * 2_001


async def test_texts_of_too_many_lines_are_not_compared(management: Management) -> None:
    async with management.rule(f"{FILLER}{text(1)}", enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        await management.call("PATCH", path, {"script": f"{FILLER}{text(2)}"})
        refused = await management.call("GET", f"{path}/diff?from=1&to=2")
        assert (refused.status, refused.body["errorCode"]) == (400, "too_large_to_compare")


async def test_a_version_that_is_not_there_is_not_found(management: Management) -> None:
    async with management.rule(text(1), enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        for method, call in (
            ("GET", f"{path}/versions/2"),
            ("GET", f"{path}/versions/0"),
            ("GET", f"{path}/versions/x"),
            ("POST", f"{path}/versions/2/deploy"),
            ("GET", f"{path}/diff?from=1&to=9"),
        ):
            answer = await management.call(method, call)
            assert (answer.status, answer.body["errorCode"]) == (404, "inexistent_rule_version"), (method, call)
        assert (await management.call("GET", f"{path}/diff?from=x")).status == 400
    assert (await management.call("GET", "/api/v2/rules/rul_none/versions")).status == 404


async def test_a_draft_has_only_what_a_version_fixes(management: Management) -> None:
    async with management.rule(text(1), enabled=False) as rule:
        refused = await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"name": "other", "draft": True})
        assert (refused.status, refused.body["field"]) == (400, "name")


async def test_deleting_a_rule_deletes_its_versions(management: Management) -> None:
    async with management.rule(text(1), enabled=False) as rule:
        await management.call("PATCH", f"/api/v2/rules/{rule['id']}", {"script": text(2), "draft": True})
    for number in (1, 2):
        assert (await management.call("GET", f"/api/v2/rules/{rule['id']}/versions/{number}")).status == 404


async def test_the_newest_hundred_versions_are_kept_and_the_one_that_runs(management: Management) -> None:
    async with management.rule("export default () => ({ n: 1 })", enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}"
        for number in range(2, 106):
            body = {"script": f"export default () => ({{ n: {number} }})", "draft": True}
            assert (await management.call("PATCH", f"{path}?no_check=true", body)).status == 200
        listed = (await management.call("GET", f"{path}/versions?include_totals=true&page=1&per_page=98")).body
        assert [version["number"] for version in listed["versions"]] == [7, 6, 1]
        assert listed["total"] == 101
        assert (await management.call("GET", f"{path}/versions/5")).status == 404
        assert (await management.call("GET", path)).body["version"] == 1
