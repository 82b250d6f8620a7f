"""Whatever POST and PATCH take comes back from GET, and survives export and apply: field by field, also new ones.

The values are made from the types of the bodies, so a field that is added there is sent here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.management import Management
from fixtures.nouns import NOUNS
from fixtures.round_trip import Files, open_files
from fixtures.values import Strategy, bodies_of
from rulemint_gateway.management.tenants.settings import PatchTenantSettings

pytestmark = pytest.mark.timeout(180)

API = "https://api.example.com/"
SCOPES = ["read", "write", "a:b"]
SCRIPTS = ["export default () => ({});\n", "def rule(c, s, a, x):\n\treturn {}", 'return "é: ö"\r\n\n\n']
QUOTAS = st.fixed_dictionaries(
    {"client_credentials": st.sampled_from([{"per_hour": 3}, {"per_day": 9, "enforce": False}])}
)
SCOPE_LISTS = st.lists(
    st.fixed_dictionaries({"value": st.sampled_from(SCOPES), "description": st.text("aé: #'", max_size=9)}),
    unique_by=lambda scope: scope["value"],
)
ALGORITHMS = st.sampled_from(["RS256", "PS256", "ES256", "EdDSA", "RS512"])
"""Without HS256, whose secret no answer and no file has."""
NOT_SHOWN = {"client_secret", "signing_secret", *(name for noun in NOUNS.values() for name in noun.not_shown)}
MADE_ANEW = ("id", "version", "draft_version", "previous_version")
"""What a record that is deleted and made again does not have as before."""
KNOWN_BY = {
    "clients": ("client_id",),
    "resource-servers": ("identifier",),
    "client-grants": ("client_id", "audience"),
    "rules": ("name",),
}

OF_CLIENTS = {
    "client_id": st.from_regex(r"[\x21-\x39\x3b-\x7e]{1,40}", fullmatch=True).filter(
        lambda name: name not in {".", ".."}
    ),
    "client_authentication_methods": st.just({}),
    "require_proof_of_possession": st.just(False),
    "token_quota": QUOTAS,
}
OF_APIS = {
    "identifier": st.just(API),
    "scopes": SCOPE_LISTS,
    "signing_alg": ALGORITHMS,
    "token_encryption": st.just({}),
    "proof_of_possession": st.just({"required": False}),
}
OF_RULES = {
    "script": st.sampled_from(SCRIPTS),
    "allow_hosts": st.lists(st.sampled_from(["api.example.com", "*.example.org"]), unique=True),
    "dependencies": st.just({}),
    "message": st.just(""),  # it belongs to a version, and not every change makes one
    "draft": st.just(False),
    "locked": st.just(False),  # a lock needs cases that a runner has run
}
OF_RULES["cases"] = st.sampled_from(
    [
        [],
        [
            {"name": "é: one", "client": "nobody", "expect": {"claims": {"n": 1.5, "a": [True, None, "1"]}}},
            {"name": "2", "client": {"id": "a", "name": "b", "metadata": {"plan": "gold"}}, "expect": {"refused": {}}},
            {"name": "three", "scope": ["a"], "expect": {"calls": [{"status": None}], "log": ["a", {"message": "b"}]}},
        ],
    ]
)
OF_ACTIONS = {
    "supported_triggers": st.just([{"id": "credentials-exchange", "version": "v2"}]),
    "code": st.sampled_from(["", "exports.onExecuteCredentialsExchange = async () => {};"]),
    "dependencies": st.just([]),
    "deploy": st.just(False),
    "secrets": st.just([]),
}
OF_SETTINGS = {
    "default_audience": st.just(""),
    "default_token_quota": st.fixed_dictionaries({"clients": QUOTAS}),
    "tenant_token_quota": QUOTAS,
    "source_token_quota": QUOTAS,
    "tapes": st.fixed_dictionaries({"failures": st.booleans(), "one_in": st.integers(0, 1_000_000)}),
}

many = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Tenant:
    """A tenant, by both of its doors."""

    management: Management
    files: Files

    async def comes_back(self, noun: str, body: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
        """Make, read, change, read."""
        path = self.path(noun, await self.management.create(noun, body))
        made = await self.read(path)
        assert_shows(made, body)
        changed = await self.patch(path, patch)
        assert changed == await self.read(path)
        assert_shows(changed, {**body, **patch} | merged(body, patch))
        return changed

    async def survives(self, noun: str, body: dict[str, Any], patch: dict[str, Any]) -> None:
        """As `comes_back`, then export, delete, apply, read."""
        await self.forget(noun)
        changed = await self.comes_back(noun, body, patch)
        exported = await self.files.export()
        assert await self.files.apply(exported) == 0, "what was exported is what is there"
        await self.delete(noun, changed)
        await self.files.apply(exported)
        (again,) = [each for each in await self.management.every(noun) if is_same(noun, each, changed)]
        again = await self.read(self.path(noun, again))
        assert {**again, **dict.fromkeys(MADE_ANEW)} == {**changed, **dict.fromkeys(MADE_ANEW)}

    async def forget(self, noun: str) -> None:
        """What an example left that failed."""
        for record in await self.management.every(noun):
            if record.get("client_id") != self.management.admin["client_id"] and not record.get("is_system"):
                await self.delete(noun, record)

    async def read(self, path: str) -> dict[str, Any]:
        answer = await self.management.call("GET", path)
        assert answer.status == 200, answer.text
        record: dict[str, Any] = answer.body
        record.pop("pause", None)  # it is told by a read only, and is in no file
        return record

    async def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.management.call("PATCH", path, body)
        assert answer.status == 200, answer.text
        record: dict[str, Any] = answer.body
        return record

    async def delete(self, noun: str, record: dict[str, Any]) -> None:
        answer = await self.management.call("DELETE", self.path(noun, record))
        assert answer.status == 204, (self.path(noun, record), answer.text)

    def path(self, noun: str, record: dict[str, Any]) -> str:
        return f"/api/v2/{noun}/{quote(record['client_id' if noun == 'clients' else 'id'], safe='')}"


def is_same(noun: str, record: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(record[name] == other[name] for name in KNOWN_BY[noun])


def assert_shows(record: dict[str, Any], sent: dict[str, Any]) -> None:
    wanted = {name: said(value) for name, value in sent.items() if name not in NOT_SHOWN}
    shown = {name: said(record.get(name, False if value is False else ...)) for name, value in wanted.items()}
    assert shown == wanted


def said(value: Any) -> Any:
    """*value* without what says nothing: null in an object, and the second of two that are the same."""
    if isinstance(value, dict):
        return {name: said(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [said(each) for place, each in enumerate(value) if each not in value[:place]]
    return value


def merged(body: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """The metadata of a client, which a patch does not replace."""
    name = "client_metadata"
    return {name: {**body.get(name, {}), **patch[name]}} if name in patch else {}


@pytest.fixture
async def tenant(lone_gateway: Management) -> AsyncIterator[Tenant]:
    lone_gateway.no_check = True
    async with open_files(lone_gateway) as files:
        yield Tenant(lone_gateway, files)


def bodies(noun: str, **fields: Strategy) -> tuple[Strategy, Strategy]:
    """Of POST and of PATCH."""
    return bodies_of(NOUNS[noun].create, **fields), bodies_of(NOUNS[noun].patch, **fields)


@many
@given(*bodies("clients", **OF_CLIENTS))
async def test_a_client(tenant: Tenant, body: dict[str, Any], patch: dict[str, Any]) -> None:
    await tenant.survives("clients", {**body, "client_id": body.get("client_id", "one")}, patch)


@many
@given(*bodies("resource-servers", **OF_APIS))
async def test_an_api(tenant: Tenant, body: dict[str, Any], patch: dict[str, Any]) -> None:
    await tenant.survives("resource-servers", without(body, "signing_secret"), without(patch, "signing_secret"))


@many
@given(
    *bodies(
        "client-grants",
        client_id=st.just("one"),
        audience=st.just(API),
        scope=st.lists(st.sampled_from(SCOPES)),
    )
)
async def test_a_client_grant(tenant: Tenant, body: dict[str, Any], patch: dict[str, Any]) -> None:
    for noun, record in (
        ("clients", {"name": "one", "client_id": "one"}),
        ("resource-servers", {"identifier": API, "scopes": [{"value": scope} for scope in SCOPES]}),
    ):
        made = await tenant.management.call("POST", f"/api/v2/{noun}", record)
        assert made.status in {201, 409}, made.text
    await tenant.survives("client-grants", body, patch)


@many
@given(*bodies("rules", **OF_RULES))
async def test_a_rule(tenant: Tenant, body: dict[str, Any], patch: dict[str, Any]) -> None:
    await tenant.survives("rules", body, patch)


@many
@given(
    *bodies(
        "hooks", triggerId=st.just("credentials-exchange"), script=st.sampled_from(SCRIPTS), dependencies=st.just({})
    )
)
async def test_a_hook(tenant: Tenant, body: dict[str, Any], patch: dict[str, Any]) -> None:
    await tenant.forget("hooks")
    await tenant.comes_back("hooks", body, patch)


@many
@given(*bodies("actions/actions", **OF_ACTIONS))
async def test_an_action(tenant: Tenant, body: dict[str, Any], patch: dict[str, Any]) -> None:
    await tenant.forget("rules")
    await tenant.comes_back("actions/actions", body, patch)


@many
@given(bodies_of(PatchTenantSettings, **OF_SETTINGS))
async def test_settings(tenant: Tenant, patch: dict[str, Any]) -> None:
    path = "/api/v2/tenants/settings"
    assert (await tenant.management.call("PUT", path, {})).status == 200
    changed = await tenant.patch(path, patch)
    assert_shows(changed, without(patch, "default_audience"))
    exported = await tenant.files.export()
    assert await tenant.files.apply(exported) == 0, "what was exported is what is there"
    assert (await tenant.management.call("PUT", path, {})).status == 200
    await tenant.files.apply(exported)
    assert (await tenant.management.call("GET", path)).body == changed


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in body.items() if each != name}
