from __future__ import annotations

from rulemint_gateway.web.metadata import server_metadata
from rulemint_shared.contract.records import SigningAlgorithm


def test_the_metadata_leads_to_the_endpoints_and_the_keys_of_an_issuer_with_a_slash() -> None:
    """RFC 8414 §2; what a server has that only gives out tokens."""
    document = server_metadata("https://acme.example.com/", in_use=())
    assert document["issuer"] == "https://acme.example.com/"
    assert document["authorization_endpoint"] == "https://acme.example.com/authorize"
    assert document["token_endpoint"] == "https://acme.example.com/oauth/token"
    assert document["jwks_uri"] == "https://acme.example.com/.well-known/jwks.json"
    assert document["grant_types_supported"] == ["client_credentials"]
    assert {"client_secret_basic", "client_secret_post"} <= set(document["token_endpoint_auth_methods_supported"])
    assert document["response_types_supported"]


def test_the_metadata_names_every_algorithm_that_an_api_may_choose() -> None:
    """Verifiers such as express-oauth2-jwt-bearer refuse tokens of an algorithm that is not there."""
    named = server_metadata("https://acme.example.com/", in_use=())["id_token_signing_alg_values_supported"]
    assert set(named) == {str(each) for each in SigningAlgorithm if each is not SigningAlgorithm.HS256}


def test_the_metadata_names_the_algorithm_of_a_shared_secret_only_where_an_api_uses_it() -> None:
    document = server_metadata("https://acme.example.com/", in_use={SigningAlgorithm.RS256, SigningAlgorithm.HS256})
    named = document["id_token_signing_alg_values_supported"]
    assert named.count("RS256") == 1
    assert "HS256" in named
