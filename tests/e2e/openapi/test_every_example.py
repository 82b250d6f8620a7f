"""Every body that the OpenAPI document shows, sent as it is: each gives the success that the document promises."""

from __future__ import annotations

import re
import secrets
from typing import Any

from fixtures.management import Management
from fixtures.tenants import a_tenant
from fixtures.waiting import eventually

EXCHANGE = "/api/v2/exchanges/{id}"
RULE, HOOK, ACTION = "/api/v2/rules/{id}", "/api/v2/hooks/{id}", "/api/v2/actions/actions/{id}"
ORDER = [
    "POST /api/v2/clients",
    "POST /api/v2/resource-servers",
    "POST /api/v2/client-grants",
    "POST /api/v2/rules/try",
    "POST /api/v2/rules/check",
    "POST /oauth/token",
    "PATCH /api/v2/clients/{id}",
    "POST /api/v2/clients/{id}/secrets",
    "PATCH /api/v2/resource-servers/{id}",
    "PATCH /api/v2/client-grants/{id}",
    "POST /api/v2/rules",
    f"PATCH {RULE}",
    f"POST {RULE}/secrets",
    f"PATCH {RULE}/secrets",
    f"DELETE {RULE}/secrets",
    "PUT /api/v2/flow",
    f"POST {RULE}/resume",
    f"POST {RULE}/rollout",
    "POST /api/v2/hooks",
    f"PATCH {HOOK}",
    f"POST {HOOK}/secrets",
    f"PATCH {HOOK}/secrets",
    f"DELETE {HOOK}/secrets",
    "POST /api/v2/actions/actions",
    f"PATCH {ACTION}",
    f"POST {ACTION}/test",
    f"POST {ACTION}/versions/{{number}}/deploy",
    "PATCH /api/v2/actions/triggers/{trigger}/bindings",
    "PATCH /api/v2/tenants/settings",
    "PUT /api/v2/tenants/settings",
    f"POST {EXCHANGE}/replay",
    f"POST {EXCHANGE}/case",
    f"POST {EXCHANGE}/flip",
    "POST /api/v2/rules/backtest",
    "POST /api/v2/config/deletions",
    "PUT /api/v2/console-providers/{name}",
    "POST /api/v2/console-links",
    "POST /console/api/session",
]
"""What a call needs was made by those before it."""
SIGN_IN = "/console/api/session"
OF_THE_PAGE = {"Sec-Fetch-Site": "same-origin", "X-Rulemint-Console": "1"}
"""The console's own page has the browser send the first, and adds the second."""
NAMED_BY = {"/api/v2/clients": "client_id", "/api/v2/tenants": "name", "/api/v2/console-links": "token"}
"""What stands for `{id}` in their paths, where it is not `id`."""
STANDS_FOR = {"client_id": "/api/v2/clients", "rule_id": "/api/v2/rules", "link": "/api/v2/console-links"}
"""Fields of examples that name what was made at a path."""
OF_THE_OPERATOR = ["POST /api/v2/tenants", "PATCH /api/v2/tenants/{id}"]


async def test_every_body_that_the_document_shows_gives_the_success_that_it_promises(management: Management) -> None:
    promised = await operations(management)
    assert sorted(promised) == sorted([*ORDER, *OF_THE_OPERATOR]), "a new example: put it in its place"
    async with a_tenant(management) as tenant:
        made: dict[str, Any] = {}
        for name in ORDER:
            await prepare(tenant, name, made)
            await send(tenant, name, promised[name], made)
    made = {}
    for name in OF_THE_OPERATOR:
        await send(management, name, promised[name], made)


async def operations(management: Management) -> dict[str, tuple[Any, set[int]]]:
    """``METHOD path`` of each call whose body has an example → the example, and the statuses of success."""
    paths = (await management.call("GET", "/api/v2/openapi.json", token="")).body["paths"]
    found = {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            shown = content.get("application/json", {})
            if "example" in shown:
                success = {int(status) for status in operation["responses"] if status.startswith("2")}
                found[f"{method.upper()} {path}"] = (shown["example"], success)
    return found


async def prepare(tenant: Management, name: str, made: dict[str, Any]) -> None:
    """Do what a reader of the document has done before *name* without a body."""
    if name.endswith("/versions/{number}/deploy"):
        deployed = await tenant.call("POST", f"/api/v2/actions/actions/{made['/api/v2/actions/actions']}/deploy")
        assert deployed.status == 200, deployed.text
        made["number"] = deployed.body["number"]
    if name == f"POST {RULE}/rollout":
        draft = {"script": "export default () => ({ team: 'night' }); // soon", "draft": True}
        saved = await tenant.call("PATCH", f"/api/v2/rules/{made['/api/v2/rules']}", draft)
        assert saved.status == 200, saved.text
    if name.endswith("/replay"):
        made["/api/v2/exchanges"] = await taped(tenant, made["token request"])
    if name == "POST /api/v2/config/deletions":
        secrets = f"/api/v2/rules/{made['/api/v2/rules']}/secrets"
        assert (await tenant.call("POST", secrets, {"API_KEY": "a-value"})).status == 201
        made["etags"] = [
            (await tenant.call("GET", path)).headers["etag"]
            for path in (f"/api/v2/clients/{made['/api/v2/clients']}", secrets)
        ]


async def taped(tenant: Management, request: dict[str, Any]) -> str:
    """Have *request* leave a tape; the id of its exchange."""
    every = {"tapes": {"failures": True, "one_in": 1}}
    assert (await tenant.call("PATCH", "/api/v2/tenants/settings", every)).status == 200
    exchange = (await tenant.ask(request)).headers["x-request-id"]
    path = f"/api/v2/exchanges/{exchange}/tape"
    await eventually(lambda: tenant.call("GET", path), lambda found: found.status == 200)
    return exchange


async def send(caller: Management, name: str, promised: tuple[Any, set[int]], made: dict[str, Any]) -> None:
    """Send the example of *name*, and remember the id of what it made."""
    example, success = promised
    method, path = name.split(" ")
    body = of_this_tenant(example, made)
    if path == "/oauth/token":
        made["token request"] = body
    headers = OF_THE_PAGE if path == SIGN_IN else {}
    token_request = path == "/oauth/token"
    called = caller.ask(body) if token_request else caller.call(method, filled(path, made), body, headers=headers)
    answer = await called
    assert answer.status in success, f"{name}: {answer.status} {answer.text}"
    if method == "POST" and "{" not in path and isinstance(answer.body, dict) and answer.status == 201:
        made[path] = answer.body[NAMED_BY.get(path, "id")]
        made.setdefault("secret", answer.body.get("client_secret"))


def filled(path: str, made: dict[str, Any]) -> str:
    """*path* with what was made in the place of its parameters."""
    noun = path.split("/{", 1)[0]
    parameters = {"id": made.get(noun), "number": made.get("number"), "trigger": "credentials-exchange", "name": "work"}
    return re.sub(r"{(\w+)}", lambda match: str(parameters[match[1]]), path)


def of_this_tenant(example: Any, made: dict[str, Any]) -> Any:
    """*example* with ids, a secret and ETags of this tenant, which a reader of the document puts in as well."""
    if isinstance(example, list):
        return [of_this_tenant(value, made) for value in example]
    if not isinstance(example, dict):
        return example
    mine = {name: of_this_tenant(value, made) for name, value in example.items()}
    if mine.get("name") == "acme":  # other tests of this system may have a tenant of this name
        mine |= {"name": f"acme-{(own := secrets.token_hex(4))}", "hosts": [f"{own}.example"]}
    for name, path in STANDS_FOR.items():
        if name in mine and path in made:
            mine[name] = made[path]
    if "client_secret" in mine:
        mine["client_secret"] = made["secret"]
    if isinstance(mine.get("client"), dict) and "id" in mine["client"]:
        mine["client"]["id"] = made["/api/v2/clients"]
    if "rules" in mine:
        mine["rules"] = [made["/api/v2/rules"]]
    if "etag" in mine:
        mine["id"] = made["/api/v2/clients" if mine["noun"] == "clients" else "/api/v2/rules"]
        mine["etag"] = made["etags"][0 if mine["noun"] == "clients" else 1]
    return mine
