"""The real `wt` and `auth0` of npm `wt-cli` 11, against a running system (docs/auth0-facts.md §4.1 to §4.6)."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fixtures.management import Management, open_management
from fixtures.node import NodeFolder
from fixtures.processes import BIN, Started, until
from fixtures.system import System, rules_left_in

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
COMPILER = "auth0-ext-compilers/client-credentials-exchange"
METADATA = {"wt-compiler": COMPILER, "auth0-extension": "runtime", "auth0-extension-name": "credentials-exchange"}


class Webtask:
    """The tools of `wt-cli`, in a home with one profile."""

    def __init__(self, folder: NodeFolder, home: Path) -> None:
        self._folder = folder
        self.home = home

    def run(self, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._folder.run(self.program(tool), *arguments, HOME=str(self.home))

    def wt(self, *arguments: str) -> str:
        return self._succeeds("wt", *arguments)

    def auth0(self, *arguments: str) -> str:
        return self._succeeds("auth0", *arguments)

    def watch(self, tool: str, *arguments: str) -> Started:
        environment = self._folder.environment(HOME=str(self.home))
        return Started([str(BIN / "node"), str(self.program(tool)), *arguments], environment)

    def program(self, tool: str) -> Path:
        return self._folder.path / "node_modules" / "wt-cli" / "bin" / tool

    def _succeeds(self, tool: str, *arguments: str) -> str:
        done = self.run(tool, *arguments)
        assert done.returncode == 0, done.stdout
        return done.stdout


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


def create(webtask: Webtask, file: str, *more: str) -> str:
    metadata = [f"--meta={key}={value}" for key, value in METADATA.items()]
    secret = secrets.token_urlsafe()
    extension_secret = [f"--meta=auth0-extension-secret={secret}", f"--secret=auth0-extension-secret={secret}"]
    return webtask.wt("create", file, *metadata, *extension_secret, "--secret=FOO=bar", *more)


async def scope_of_a_token(management: Management) -> str:
    client = await management.a_client(scope=("read",))
    answer = await management.ask(client.request())
    assert answer.status == 200, answer.text
    scope: str = answer.body["scope"]
    return scope


async def test_the_command_of_the_seed_makes_a_rule_of_the_tenant(
    webtask: Webtask, management: Management, rule_file: str
) -> None:
    assert "myrule" in create(webtask, rule_file)
    rules = (await management.call("GET", "/api/v2/rules?fields=name,script,enabled")).body
    assert [(rule["name"], rule["script"], rule["enabled"]) for rule in rules] == [("myrule", RULE, True)]
    assert await scope_of_a_token(management) == "read extra"
    hooks = (await management.call("GET", "/api/v2/hooks")).body
    assert [hook["name"] for hook in hooks] == ["myrule"]


async def test_creating_again_is_a_new_version_of_the_same_rule(
    webtask: Webtask, management: Management, rule_file: str
) -> None:
    create(webtask, rule_file)
    create(webtask, rule_file)
    Path(rule_file).write_text(RULE.replace("'extra'", "'more'"))
    create(webtask, rule_file)
    assert [rule["version"] for rule in (await management.call("GET", "/api/v2/rules")).body] == [2]
    assert await scope_of_a_token(management) == "read more"


async def test_update_takes_new_code_and_keeps_the_secrets(
    webtask: Webtask, management: Management, rule_file: str
) -> None:
    create(webtask, rule_file)
    Path(rule_file).write_text(RULE.replace("'extra'", "context.webtask.secrets.FOO"))
    webtask.wt("update", "myrule", rule_file)
    assert await scope_of_a_token(management) == "read bar"


async def test_inspect_shows_the_rule_and_no_secret(webtask: Webtask, rule_file: str) -> None:
    create(webtask, rule_file)
    shown = webtask.wt("inspect", "myrule", "-o", "json", "--decrypt", "--fetch-code")
    claims = json.loads(shown)
    assert claims["jtn"] == "myrule"
    assert claims["ectx"] == dict.fromkeys(["FOO", "auth0-extension-secret"], "_VALUE_NOT_SHOWN_")
    assert claims["code"] == RULE


async def test_ls_and_rm(webtask: Webtask, management: Management, rule_file: str) -> None:
    create(webtask, rule_file)
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
    create(webtask, rule_file)
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
