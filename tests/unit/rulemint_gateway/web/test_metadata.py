from __future__ import annotations

from rulemint_gateway.web.metadata import server_metadata


def test_the_metadata_leads_to_the_endpoint_and_the_keys_of_an_issuer_with_a_slash() -> None:
    """RFC 8414 §2; what a server has that only gives out tokens."""
    document = server_metadata("https://acme.example.com/")
    assert document["issuer"] == "https://acme.example.com/"
    assert document["token_endpoint"] == "https://acme.example.com/oauth/token"
    assert document["jwks_uri"] == "https://acme.example.com/.well-known/jwks.json"
    assert document["grant_types_supported"] == ["client_credentials"]
    assert {"client_secret_basic", "client_secret_post"} <= set(document["token_endpoint_auth_methods_supported"])
    assert document["response_types_supported"] == []
