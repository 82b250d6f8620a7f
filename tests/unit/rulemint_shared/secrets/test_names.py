"""The table of names: how each is decided, in one place for every service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_shared.secrets.names import LONGEST_NAME, is_secret_name

SECRET = """
    password passwd passphrase passcode pwd pass pw passwords new_password password2 passwordConfirm
    current-password db_password DB_PASS dbpass userPassword password_hash mysql_pwd secret secrets client_secret
    clientSecret client-secret CLIENT_SECRET clientsecret ClientSecret secret_id secret_value client_secret_2
    shared_secret webhookSecret secret_text auth0-extension-secret token tokens access_token accessToken
    refresh_token id_token id_token_hint subject_token actor_token authToken x-auth-token csrf_token csrf xsrf-token
    token_id tokenValue pushToken sas_token x-amz-security-token bearer bearer_token client_assertion assertion
    samlAssertion SAMLResponse x-goog-iap-jwt-assertion jwt jwe jws private_key_jwt logout_jwt key keys private_key
    privateKey Private-Key private.key PRIVATE_KEY privatekey api_key apiKey api-key x-api-key apikey APIKey apiKey1
    X-API-KEY access_key secret_key secret_access_key aws_secret_access_key signing_key signingKey encryption_key
    master_key masterkey storageAccessKey sasKey shared_key sshKey session_key ocp-apim-subscription-key keypair
    key_material private_pem private_jwk passkey authorization Authorization proxy-authorization
    x-forwarded-authorization authorization_code authorisation cookie Cookie set-cookie cookies session_cookie
    session session_id sessionId PHPSESSID JSESSIONID user_session sid connect.sid auth x-auth basic_auth
    authentication dpop DPoP credential credentials credentialValue x-amz-credential signature x-hub-signature-256
    sig hmac otp totp otp_code mfa_code pin user_pin userPin pin_code psk pfx code_verifier codeVerifier device_code
    auth_code verification_code backup_codes recoveryCode recovery_phrase connection_string connectionString ticket
    pat macaroon
"""
SPELLED_OTHERWISE = [
    "pass word",
    "api key",
    "PRIVATE KEY",
    "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44",
    "pass\u00adword",
]

HARMLESS = """
    token_endpoint token_endpoint_auth_method token_endpoint_auth_signing_alg_values_supported tokenEndpointUrl
    token_type token_type_hint subject_token_type requested_token_type client_assertion_type token_uri
    tokens_per_minute token_lifetime access_token_lifetime token_dialect token_quota default_token_quota token_count
    token_exchange token_binding id_token_signed_response_alg id_token_encryption_alg token_expires_at tokenization
    tokenizer tokenized tokenise secretary secretariat passwordless cookiecutter secret_name secret_names secretName
    secrets_revision secret_encoded secret_version client_secret_expires_at password_policy password_length
    password_expires redis_password_file master_key_file private_key_path credential_type credentials_count
    credential_id credential_ids private_key_id access_key_id keyId kid key_name sasKeyName public_key publicKey
    foreign_key partition_key sort_key cache_key idempotency_key Idempotency-Key authorization_endpoint
    authorization_server authorization_details author authors authority authorized_parties oauth
    bearer_methods_supported signatureAlgorithm signature_method signingCert signResponse certificate cert jwks
    jwks_uri jwt_configuration jwt_lifetime dpop_signing_alg_values_supported session_lifetime sessions
    idle_session_lifetime_in_minutes cookie_consent possession obsession passport pass_through compass bypass
    passenger passthroughClaimsWithNoMapping pinned shipping spinner opinion footprint monkey turkey keyboard
    keynote code country_code zip_code code_challenge code_challenge_method client_id client_name grant_type
    audience resource scope state nonce org organization user username login login_hint connection connection_id
    request_id plan host user-agent accept content-type auth0-client x-forwarded-for x-request-id account
    storage_account email url description principal rule tenant error error_description outcome exchange
"""


@pytest.mark.parametrize("name", [*SECRET.split(), *SPELLED_OTHERWISE])
def test_the_value_of_this_is_secret(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", [*HARMLESS.split(), "", "-", "42"])
def test_the_value_of_this_is_no_secret(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize("name", ["client_secret", "private_key", "subject_token", "api_key", "set_cookie"])
@pytest.mark.parametrize(
    "spelled",
    [
        str.upper,
        str.title,
        lambda name: name.replace("_", "-"),
        lambda name: name.replace("_", "."),
        lambda name: name.replace("_", " "),
        lambda name: name.replace("_", ""),
        lambda name: name.title().replace("_", ""),
        lambda name: f"x-{name}",
        lambda name: f"  {name}  ",
        lambda name: f"{name}[]",
        lambda name: f"user[{name}]",
    ],
)
def test_however_it_is_spelled(name: str, spelled: object) -> None:
    assert callable(spelled)
    assert is_secret_name(spelled(name))


def test_a_name_that_nobody_reads_to_its_end_counts_as_secret() -> None:
    assert not is_secret_name("x" * LONGEST_NAME)
    assert is_secret_name("x" * (LONGEST_NAME + 1))


@given(st.text())
def test_every_name_is_decided(name: str) -> None:
    assert is_secret_name(name) in {True, False}


@given(st.text(alphabet=st.characters(categories=["L", "N"]), max_size=20))
def test_whatever_stands_before_a_secret_changes_nothing(before: str) -> None:
    assert is_secret_name(f"{before}_password")
