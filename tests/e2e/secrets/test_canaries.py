"""Thirty names of secrets in every place of every input: no rule sees a value, and nothing kept or shown has one."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote_plus, urlencode

import jwt
import pytest
from bench.free_ports import free_port

from fixtures.keyspace import keyspace_of
from fixtures.management import Answer, ApiClient, Management, open_management, read_exchange
from fixtures.processes import started_dev
from fixtures.system import System

NAMES = (
    *("password", "passwd", "pwd", "passphrase", "secret", "shared_secret", "clientSecret", "api-key", "x-api-key"),
    *(
        "apiKey",
        "private_key",
        "privateKey",
        "Private-Key",
        "access_token",
        "refresh_token",
        "id_token",
        "subject_token",
    ),
    *("actor_token", "client_assertion", "assertion", "code_verifier", "dpop", "proxy-authorization", "set-cookie"),
    *("session_id", "otp", "pin", "signature", "credentials", "connection_string"),
)
BEARS = "kanarie"
"""In every value; letters and digits follow it."""
SEEN = re.compile(rb"(?<![A-Za-z])kanarie-[a-z0-9-]+")

"""What rules say themselves is put together, for their text is configuration."""

RULE = """
module.exports = (client, scope, audience, context, cb) => {
  console.log(context);
  console.log(JSON.stringify(context), String(Object.entries(context.webtask.headers)));
  console.log({ plan: 'gold', apiKey: 'kanar' + 'ie-in-a-logged-object', deep: { pin: 'kanar' + 'ie-deeper' } });
  cb(null, { scope, seen: JSON.stringify(context), session_id: 'granted to the client' });
};
"""
ACTION = """
exports.onExecuteCredentialsExchange = async (event, api) => {
  console.log(event.request, JSON.stringify(event));
  api.accessToken.setCustomClaim('seen_by_the_action', JSON.stringify(event.request));
};
"""
IN_PYTHON = """
def rule(client, scope, audience, context):
    print(context)
    print({"plan": "gold", "private_key": "kanar" + "ie-in-a-printed-dictionary"})
    if context["body"].get("fails"):
        raise ValueError(f"{context} password='{'kanar' + 'ie-in-an-error'}' token={'kanar' + 'ie-in-a-form'}")
    return {"scope": scope, "seen_in_python": repr(context)}
"""


def canaries(place: str) -> dict[str, str]:
    """A value for each name, which says where it stood."""
    return {name: f"{BEARS}-{place}-{number}" for number, name in enumerate(NAMES)}


def nested(place: str) -> dict[str, Any]:
    values = canaries(place)
    return {
        "deep": {"plan": "gold", "list": [values, [values]]},
        "pairs": [{"name": name, "value": value} for name, value in canaries(f"{place}-pairs").items()],
        "below": {"credentials": {"user": f"{BEARS}-{place}-below", "more": [f"{BEARS}-{place}-below-it"]}},
    }


def texts(place: str) -> dict[str, str]:
    return {"as_json": json.dumps(canaries(f"{place}-json")), "as_form": urlencode(canaries(f"{place}-form"))}


def ways(request: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The token request in every way in which it can be sent, with canaries in one place each."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    yield "form", {"data": urlencode({**request, **canaries("form")}), "headers": form}
    yield "json", {"json": {**request, **canaries("json")}}
    yield "nested", {"json": {**request, **nested("nested")}}
    yield "query", {"json": request, "params": canaries("query")}
    yield "headers", {"json": request, "headers": canaries("header")}
    yield "cookie", {"json": request, "headers": {"Cookie": f"sid={BEARS}-cookie", "Authentication": f"{BEARS}-auth"}}
    yield "fails", {"json": {**request, **nested("fails"), "fails": True}}


def malformed() -> Iterator[dict[str, Any]]:
    """What no request is."""
    as_json, as_form = json.dumps(canaries("bad")), urlencode(canaries("bad"))
    for body, kind in (
        (as_json[:-1], "application/json"),
        (f"[{as_json}]", "application/json"),
        (f"{as_form}&{as_form}", "application/x-www-form-urlencoded"),
        (f"{as_form}&%ff=1", "application/x-www-form-urlencoded"),
        (as_json, "text/plain"),
        (as_json.replace("}", ', "n": 1e999}'), "application/json"),
        (as_json + " " * 70_000, "application/json"),
    ):
        yield {"data": body, "headers": {"Content-Type": kind}}
    for credentials in (f"{BEARS}-basic", base64.b64encode(f"{BEARS}-basic".encode()).decode()):
        for scheme in ("Basic", "Bearer", "DPoP"):
            yield {
                "json": {"grant_type": "client_credentials"},
                "headers": {"Authorization": f"{scheme} {credentials}"},
            }


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """That says in its logs all that it can."""
    data_dir = tmp_path_factory.mktemp("canaries") / "data"
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    port = free_port()
    with started_dev({"RULEMINT_LOG_LEVEL": "debug"}, data_dir=data_dir, port=port) as process:
        yield System(f"http://127.0.0.1:{port}", data_dir, process)


@pytest.fixture
async def management(system: System) -> AsyncIterator[Management]:
    async with open_management(system.url, system.admin) as opened:
        yield opened


async def everything_kept(management: Management, system: System) -> dict[str, bytes]:
    """What the tenant's own calls show, what the services have printed, and what Valkey holds, all of it."""
    shown = {
        path: (await management.call("GET", path)).text.encode()
        for path in ("/api/v2/logs?per_page=100", "/logs?tail=1000&follow=false", "/openapi.json")
    }
    return {**shown, "printed": system.process.output.encode(), **keyspace_of(system.data_dir)}


def found_in(places: dict[str, bytes]) -> dict[str, set[bytes]]:
    """Where canaries are, and which."""
    return {place: found for place, held in places.items() if (found := set(SEEN.findall(held)))}


async def ended(management: Management, *answers: Answer) -> list[dict[str, Any]]:
    """The records of these, once they are kept."""
    return [await read_exchange(management, answer.headers["x-request-id"]) for answer in answers]


@pytest.mark.parametrize("secret", [None, f"{BEARS}-wrong"], ids=["granted", "refused"])
async def test_token_requests(management: Management, system: System, secret: str | None) -> None:
    client: ApiClient = await management.a_client()
    request = client.request() if secret is None else client.request(client_secret=secret)
    answers = {}
    async with management.rule(RULE), management.rule(ACTION), management.rule(IN_PYTHON, language="python"):
        for place, sent in ways(request):
            answers[place] = await management.ask(**sent)
        await ended(management, *answers.values())
    statuses = {place: answer.status for place, answer in answers.items()}
    granted = dict.fromkeys(answers, 200) | {"fails": 500}
    assert statuses == (granted if secret is None else dict.fromkeys(answers, 401))
    tokens = [
        jwt.decode(a.body["access_token"], options={"verify_signature": False})
        for a in answers.values()
        if a.status == 200
    ]
    assert (
        found_in(
            {
                "tokens": json.dumps(tokens).encode(),
                "answers": "".join(a.text for a in answers.values() if a.status != 200).encode(),
            }
        )
        == {}
    )
    assert found_in(await everything_kept(management, system)) == {}


def again(secret: str) -> dict[str, dict[str, Any]]:
    """Where a client may send its secret once more, under a name that says nothing."""
    return {
        "form": {"data": {"note": f"key={secret}!", "more": secret}},
        "json": {"json": {"note": secret, "deep": {"list": [f"<{secret}>"], f"of {secret}": 1}}},
        "query": {"params": {"note": secret, secret: "name"}},
        "header": {"headers": {"X-Note": f"is {secret}", "User-Agent": f"program/{secret}"}},
        "scope": {"json": {"note": "", "scope": f"read:{secret}"}},
    }


@pytest.mark.parametrize("place", [*again("")])
@pytest.mark.parametrize("is_basic", [False, True], ids=["in the body", "as HTTP Basic"])
@pytest.mark.parametrize("is_right", [True, False], ids=["granted", "refused"])
async def test_a_secret_that_a_client_sends_a_second_time(
    management: Management, system: System, place: str, is_basic: bool, is_right: bool
) -> None:
    client = await management.a_client()
    secret = client.request()["client_secret"] if is_right else f"{BEARS}-of-nobody"
    request = {**client.request(), "client_secret": secret}
    sent = again(secret)[place]
    headers = dict(sent.get("headers", {}))
    if is_basic:
        pair = f"{quote_plus(request.pop('client_id'))}:{quote_plus(request.pop('client_secret'))}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    body = "data" if "data" in sent else "json"
    async with management.rule(RULE), management.rule(ACTION), management.rule(IN_PYTHON, language="python"):
        answer = await management.ask(
            **{body: {**request, **sent.get(body, {})}}, params=sent.get("params"), headers=headers
        )
        (record,) = await ended(management, answer)
    assert answer.status == (401 if not is_right else 400 if place == "scope" else 200), answer.text
    token = answer.body.get("access_token") or jwt.encode({}, secret * 2)
    claims = jwt.decode(token, options={"verify_signature": False})
    kept = {**await everything_kept(management, system), "record": json.dumps(record).encode()}
    kept["claims"] = json.dumps(claims).encode()
    assert [place for place, held in kept.items() if secret.encode() in held] == []
    if answer.status == 200:
        assert "***" in json.dumps(claims), "rules saw that something stood there"


async def test_a_record_says_what_was_sent_without_its_value(management: Management) -> None:
    client = await management.a_client()
    answer = await management.ask(
        {**client.request(), **canaries("said"), **nested("said"), **texts("said"), "org": "acme"}
    )
    (record,) = await ended(management, answer)
    assert record["parameters"]["org"] == "acme"
    assert {record["parameters"][name] for name in NAMES} == {"***"}
    assert '"plan":"gold"' in record["parameters"]["deep"]
    assert found_in({"record": json.dumps(record).encode()}) == {}


async def test_requests_that_are_none(management: Management, system: System) -> None:
    answers = [await management.ask(**sent) for sent in malformed()]
    assert {answer.status for answer in answers} <= {400, 401, 413, 415}
    assert found_in({"answers": "".join(answer.text for answer in answers).encode()}) == {}
    assert found_in(await everything_kept(management, system)) == {}


async def test_rules_that_are_tried(management: Management, system: System) -> None:
    context = {
        "headers": canaries("tried-header"),
        "query": canaries("tried-query"),
        "body": {**canaries("tried-body"), **nested("tried-body")},
    }
    for script, language in ((RULE, "javascript"), (ACTION, "javascript"), (IN_PYTHON, "python")):
        body = {"client": {"id": "acme"}, "script": script, "language": language, "context": context}
        answer = await management.call("POST", "/api/v2/rules/try", body)
        assert (answer.status, answer.body["outcome"]) == (200, "granted")
        assert found_in({"answer": answer.text.encode()}) == {}
    assert found_in(await everything_kept(management, system)) == {}


async def test_the_management_api(management: Management, system: System) -> None:
    """Metadata is for rules to read, so it stands in its client's record; it stands nowhere else."""
    values = canaries("management")
    for start in range(0, len(NAMES), 10):
        metadata = dict(list(values.items())[start : start + 10])
        made = await management.create("clients", {"name": "a client", "client_metadata": metadata})
        path = f"/api/v2/clients/{made['client_id']}"
        assert (await management.call("PATCH", path, {"client_metadata": {}})).status == 200
        assert (await management.call("DELETE", path)).status == 204
    refused = [
        await management.call("POST", "/api/v2/clients", {"name": "a client", "addons": {"own": {name: value}}})
        for name, value in values.items()
    ]
    assert {answer.status for answer in refused} == {400}
    for body in (values, {"name": "a client", **values}, {"name": values}, [values]):
        for noun in ("clients", "rules", "resource-servers", "client-grants", "rules/try", "tenants"):
            assert (await management.call("POST", f"/api/v2/{noun}", body)).status == 400
    async with management.rule(RULE, enabled=False) as rule:
        path = f"/api/v2/rules/{rule['id']}/secrets"
        assert (
            await management.call("POST", path, {f"KEY_{n}": value for n, value in enumerate(values.values())})
        ).status == 201
        assert (await management.call("PATCH", path, {"MISSING": values["pin"]})).status == 404
        assert found_in(await everything_kept(management, system)) == {}
