from __future__ import annotations

from typing import Any

import pytest

from rulemint_shared.secrets.kept_secrets import without_secrets

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("addons", "path"),
    [
        ({"azure_blob": {"storageAccessKey": "k"}}, "addons.azure_blob.storageAccessKey"),
        ({"azure_sb": {"sasKey": "k"}}, "addons.azure_sb.sasKey"),
        ({"firebase": {"secret": "k"}}, "addons.firebase.secret"),
        ({"firebase": {"private_key": "k"}}, "addons.firebase.private_key"),
        ({"layer": {"privateKey": "k"}}, "addons.layer.privateKey"),
        ({"sap_api": {"servicePassword": "k"}}, "addons.sap_api.servicePassword"),
        ({"wams": {"masterkey": "k"}}, "addons.wams.masterkey"),
        ({"own": {"credentials": [{"a": "k"}]}}, "addons.own.credentials[0].a"),
        ({"own": {"pin_password": 1234}}, "addons.own.pin_password"),
        ({"own": {"text": PEM}}, "addons.own.text"),
    ],
)
def test_what_auth0_s_addons_hold_of_secrets_is_found(addons: dict[str, Any], path: str) -> None:
    left, found = without_secrets("addons", addons)
    assert found == [path]
    assert "k" not in str(left).replace("azure_blob", "").replace("token", "")
    assert "1234" not in str(left)


def test_what_is_no_secret_stays_as_it_came() -> None:
    addons = {
        "samlp": {"signingCert": "-----BEGIN CERTIFICATE-----", "mappings": {"email": None}, "signResponse": False},
        "sap_api": {"tokenEndpointUrl": "https://sap.example", "servicePassword": ""},
        "azure_sb": {"sasKeyName": "listen", "entityPath": "q"},
        "firebase": {"private_key_id": "7", "lifetime_in_seconds": 60},
        "aws": {"principal": "arn", "key": None, "token": True},
        "list": [None, 1, "a"],
    }
    assert without_secrets("addons", addons) == (addons, [])


def test_elsewhere_only_a_private_key_is_one() -> None:
    value = {"rotation_type": "non-rotating", "token": "t", "pub": PEM}
    assert without_secrets("refresh_token", value) == (
        {"rotation_type": "non-rotating", "token": "t"},
        ["refresh_token.pub"],
    )
    assert without_secrets("custom_login_page", PEM) == (None, ["custom_login_page"])
