"""The real `wt` and `auth0` of npm `wt-cli` 11, against a running system (docs/auth0-facts.md §4.1 to §4.6)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fixtures.management import Management, open_management
from fixtures.node import NodeFolder
from fixtures.processes import until
from fixtures.system import System, rules_left_in
from fixtures.wt import COMPILER, Webtask

pytestmark = pytest.mark.timeout(300)

RULE = """
module.exports = function (client, scope, audience, context, cb) {
  console.log('scopes: ' + scope.join(' '));
  var access_token = { scope: scope };
  access_token['https://foo.com/claim'] = context.webtask.secrets.FOO;
  access_token.scope.push('extra');
  cb(null, access_token);
};
"""


@pytest.fixture(scope="module")
async def tools(bare_system: System, webtask_folder: NodeFolder, tmp_path_factory: pytest.TempPathFactory) -> Webtask:
    opened = Webtask(webtask_folder, tmp_path_factory.mktemp("wt"))
    async with open_management(bare_system.url, bare_system.admin) as operator:
        opened.wt("profile", "init", "--url", bare_system.url, "--container", "default", "--token", operator.token)
    return opened


@pytest.fixture
async def webtask(tools: Webtask, management: Management) -> AsyncIterator[Webtask]:
    """The tools, and what they have made until the test ends."""
    yield tools
    await rules_left_in(management)


@pytest.fixture
def rule_file(tmp_path: Path) -> str:
    (tmp_path / "myrule.js").write_text(RULE)
    return str(tmp_path / "myrule.js")


async def scope_of_a_token(management: Management) -> str:
    client = await management.a_client(scope=("read",))
    answer = await management.ask(client.request())
    assert answer.status == 200, answer.text
    scope: str = answer.body["scope"]
    return scope


async def test_the_command_of_the_seed_makes_a_rule_of_the_tenant(
    webtask: Webtask, management: Management, rule_file: str
) -> None:
    assert "myrule" in webtask.create(rule_file)
    rules = (await management.call("GET", "/api/v2/rules?fields=name,script,enabled")).body
    assert [(rule["name"], rule["script"], rule["enabled"]) for rule in rules] == [("myrule", RULE, True)]
    assert await scope_of_a_token(management) == "read extra"
    hooks = (await management.call("GET", "/api/v2/hooks")).body
    assert [hook["name"] for hook in hooks] == ["myrule"]


async def test_creating_again_is_a_new_version_of_the_same_rule(
    webtask: Webtask, management: Management, rule_file: str
) -> None:
    webtask.create(rule_file)
    webtask.create(rule_file)
    Path(rule_file).write_text(RULE.replace("'extra'", "'more'"))
    webtask.create(rule_file)
    assert [rule["version"] for rule in (await management.call("GET", "/api/v2/rules")).body] == [2]
    assert await scope_of_a_token(management) == "read more"


async def test_update_takes_new_code_and_keeps_the_secrets(
    webtask: Webtask, management: Management, rule_file: str
) -> None:
    webtask.create(rule_file)
    Path(rule_file).write_text(RULE.replace("'extra'", "context.webtask.secrets.FOO"))
    webtask.wt("update", "myrule", rule_file)
    assert await scope_of_a_token(management) == "read bar"


async def test_inspect_shows_the_rule_and_no_secret(webtask: Webtask, rule_file: str) -> None:
    webtask.create(rule_file)
    shown = webtask.wt("inspect", "myrule", "-o", "json", "--decrypt", "--fetch-code")
    claims = json.loads(shown)
    assert claims["jtn"] == "myrule"
    assert claims["ectx"] == dict.fromkeys(["FOO", "auth0-extension-secret"], "_VALUE_NOT_SHOWN_")
    assert claims["code"] == RULE


async def test_ls_and_rm(webtask: Webtask, management: Management, rule_file: str) -> None:
    webtask.create(rule_file)
    assert "myrule" in webtask.wt("ls")
    assert "myrule" in webtask.wt("ls", "--meta", "auth0-extension=runtime")
    assert "myrule" not in webtask.wt("ls", "--meta", "auth0-extension=other")
    webtask.wt("rm", "myrule")
    assert (await management.call("GET", "/api/v2/rules")).body == []
    assert webtask.run("wt", "rm", "myrule").returncode == 5


async def test_the_auth0_tool_creates_enables_disables_and_lists_hooks(
    webtask: Webtask, management: Management, rule_file: str
) -> None:
    other = str(Path(rule_file).with_name("other.js"))
    Path(other).write_text(RULE.replace("'extra'", "'other'"))
    for file in (rule_file, other):
        assert "disabled state" in webtask.auth0("create", "-t", "credentials-exchange", file, "-s", "FOO=bar")
    assert await scope_of_a_token(management) == "read"
    webtask.auth0("enable", "myrule")
    assert await scope_of_a_token(management) == "read extra"
    webtask.auth0("enable", "other")
    assert await scope_of_a_token(management) == "read other"
    listed = json.loads(webtask.auth0("ls", "-o", "json"))["credentials-exchange"]
    assert {hook["name"]: hook["enabled"] for hook in listed} == {"myrule": False, "other": True}
    webtask.auth0("disable", "other")
    assert await scope_of_a_token(management) == "read"


async def test_logs_streams_what_a_rule_writes(webtask: Webtask, management: Management, rule_file: str) -> None:
    webtask.create(rule_file)
    watching = webtask.watch("wt", "logs")
    try:
        until(lambda: "connected to streaming logs" in watching.output, failing=watching)
        while "scopes: read" not in watching.output:  # it says so before it is
            await scope_of_a_token(management)
        until(lambda: "finished webtask request" in watching.output, failing=watching)
        assert "new webtask request" in watching.output
        assert "failed to match" not in watching.output
    finally:
        watching.process.kill()
        watching.wait()


async def test_logs_says_why_it_may_not_watch(webtask: Webtask, bare_system: System) -> None:
    done = webtask.run("wt", "logs", "--url", bare_system.url, "--container", "default", "--token", "wrong")
    assert "Invalid token" in done.stdout


async def test_a_webtask_that_is_no_rule_is_refused_in_words(webtask: Webtask, rule_file: str) -> None:
    done = webtask.run("wt", "create", rule_file)
    assert done.returncode != 0
    assert f"add --meta wt-compiler={COMPILER}" in done.stdout


async def test_another_container_than_the_tenant_is_refused_in_words(
    webtask: Webtask, management: Management, bare_system: System
) -> None:
    done = webtask.run("wt", "ls", "--url", bare_system.url, "--container", "other", "--token", management.token)
    assert "use --container default" in done.stdout
