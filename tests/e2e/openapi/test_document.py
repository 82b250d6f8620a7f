from __future__ import annotations

import html
import re

import jsonschema_rs

from fixtures.management import Management


async def test_the_document_describes_the_service_to_whoever_asks(management: Management) -> None:
    answer = await management.call("GET", "/api/v2/openapi.json", token="")
    assert answer.status == 200
    assert answer.body["openapi"].startswith("3.1")
    assert {"/oauth/token", "/api/v2/clients", "/api/v2/rules/{id}/versions", "/logs"} <= set(answer.body["paths"])
    assert "post" in answer.body["paths"]["/api/v2/actions/actions"]
    flow = answer.body["components"]["securitySchemes"].values()
    assert any(scheme.get("flows", {}).get("clientCredentials", {}).get("tokenUrl") for scheme in flow)


async def test_the_page_is_readable_without_its_script_and_may_load_nothing(management: Management) -> None:
    answer = await management.call("GET", "/docs/api", token="")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert " src=" not in answer.text
    assert "color-scheme: light dark" in answer.text
    for path in ("/oauth/token", "/api/v2/rules/{id}/versions"):
        assert path in answer.text


async def test_the_examples_of_the_page_have_the_address_of_the_tenant_that_is_asked(management: Management) -> None:
    made = await management.create("tenants", {"name": "reference", "hosts": ["reference.example.com"]})
    own = (await management.call("GET", "/docs/api", token="")).text
    other = (await management.call("GET", "/docs/api", token="", headers={"Host": "reference.example.com"})).text
    assert f"{management.admin['issuer']}oauth/token" in html.unescape(own)
    assert f"{made['issuer']}oauth/token" in html.unescape(other)
    assert management.admin["issuer"] not in other


async def test_each_link_of_the_page_leads_to_a_call_or_a_type_of_it(management: Management) -> None:
    page = (await management.call("GET", "/docs/api", token="")).text
    links = re.findall(r'href="#([^"]+)"', page)
    places = re.findall(r'id="([^"]+)"', page)
    assert sorted(places) == sorted(set(places))
    assert set(links) - set(places) == set()
    schemas = (await management.call("GET", "/api/v2/openapi.json", token="")).body["components"]["schemas"]
    of_types = {f"type-{name}" for name, schema in schemas.items() if "properties" in schema}
    assert of_types <= set(places)
    assert of_types <= set(links)


async def test_each_operation_has_a_name_of_its_own(management: Management) -> None:
    paths = (await management.call("GET", "/api/v2/openapi.json", token="")).body["paths"]
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert sorted(names) == sorted(set(names))


async def test_each_body_and_each_success_has_an_example_that_fits_its_schema(management: Management) -> None:
    document = (await management.call("GET", "/api/v2/openapi.json", token="")).body
    without = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
            shown = [operation.get("requestBody", {}), success]
            for media, content in [each for part in shown for each in part.get("content", {}).items()]:
                if "example" not in content:
                    without.append(f"{method} {path} {media}")
                    continue
                schema = {**content["schema"], "components": document["components"]}
                jsonschema_rs.validate(schema, content["example"])
    assert without == ["get /api/v2/openapi.json application/json", "get /docs/api text/html"], (
        "these are their own example"
    )
