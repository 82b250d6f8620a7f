from __future__ import annotations

import msgspec

from rulemint_gateway.stores.catalog.tables import CLIENTS, RULE_SECRETS, RULE_VERSIONS, SIGNING_KEYS
from rulemint_gateway.stores.writing.audit import MAX_CHANGES, audit_records, audited_change, refusal_record
from rulemint_gateway.stores.writing.calls import Call
from rulemint_shared.contract.audit import AuditedChange
from rulemint_shared.contract.records import (
    Client,
    ClientSecret,
    Language,
    RuleSecrets,
    RuleVersion,
    SigningAlgorithm,
    SigningKey,
)

CLIENT = Client(
    client_id="c",
    name="C",
    metadata={"plan": "gold", "api_token": "from metadata"},
    secrets=(ClientSecret(name="first", hash=b"hash", created_at_ms=1),),
    kept={"addons": {"azure": {"sas_password": "from an addon"}}, "token_quota": {"per_day": 1}},
)


def change_of(before: Client | None, after: Client | None) -> AuditedChange:
    return audited_change(CLIENTS, "c", before, after)


def test_a_creation_and_a_deletion_show_the_whole_record() -> None:
    created, deleted = change_of(None, CLIENT), change_of(CLIENT, None)
    assert (created.before, deleted.after) == (None, None)
    assert created.after == deleted.before
    assert created.after is not None
    assert created.after["name"] == "C"


def test_a_change_shows_only_what_differs() -> None:
    change = change_of(CLIENT, msgspec.structs.replace(CLIENT, name="D"))
    assert (change.before, change.after) == ({"name": "C"}, {"name": "D"})


def test_a_changed_secret_is_told_without_its_value() -> None:
    secrets = (ClientSecret(name="first", hash=b"other", created_at_ms=1),)
    change = change_of(CLIENT, msgspec.structs.replace(CLIENT, secrets=secrets))
    assert change.before == change.after
    assert change.after is not None
    assert change.after["secrets"][0]["hash"] == "***"


def test_names_that_sound_secret_are_masked_in_what_authors_name() -> None:
    change = change_of(None, CLIENT)
    assert change.after is not None
    assert change.after["metadata"] == {"plan": "gold", "api_token": "***"}
    assert change.after["kept"] == {"addons": {"azure": {"sas_password": "***"}}, "token_quota": {"per_day": 1}}


def test_whatever_is_below_a_name_that_sounds_secret_is_masked() -> None:
    addons = {
        "azure_blob": {"storageAccessKey": "from a key"},
        "custom": {"secrets": ["one", {"value": "two"}], "n": 1},
    }
    change = change_of(None, msgspec.structs.replace(CLIENT, kept={"addons": addons}))
    assert change.after is not None
    assert change.after["kept"] == {
        "addons": {
            "azure_blob": {"storageAccessKey": "***"},
            "custom": {"secrets": ["***", {"value": "***"}], "n": 1},
        }
    }


def test_what_a_rule_s_text_spells_is_masked() -> None:
    rule = RuleVersion(rule_id="r", version=1, script="const apiKey = 'canary'; // hers", language=Language.JAVASCRIPT)
    change = audited_change(RULE_VERSIONS, "r@1", None, rule)
    assert change.after is not None
    assert change.after["script"] == "const apiKey = '***'; // hers"
    refused = refusal_record(Call(tenant="default", client_id="c"), status=400, error="got client_secret=canary")
    assert refused.error == "got client_secret=***"


def test_ciphertexts_and_private_keys_are_masked() -> None:
    secrets = RuleSecrets(rule_id="r", revision=1, ciphertext=b"c")
    key = SigningKey(kid="k", algorithm=SigningAlgorithm.ES256, private_pem=b"p", public_jwk={"kty": "EC"})
    for change in (
        audited_change(RULE_SECRETS, "r", None, secrets),
        audited_change(SIGNING_KEYS, "k", key, None),
    ):
        assert "***" in ((change.after or change.before) or {}).values()


def test_a_long_text_is_cut_after_it_was_compared() -> None:
    text = "x" * 10_000
    before = RuleVersion(rule_id="r", version=1, script=text + "a", language=Language.PYTHON)
    change = audited_change(RULE_VERSIONS, "r@1", before, msgspec.structs.replace(before, script=text + "b"))
    assert change.before is not None
    assert change.before["script"].endswith("(10001 characters)")
    assert len(change.before["script"]) < 3_000


def test_what_was_cut_says_so_and_how_long_it_was() -> None:
    kept = {
        "callbacks": ["u"] * 101,
        "addons": {str(number): number for number in range(101)},
        "web_origins": ["u"] * 100,
    }
    change = change_of(None, msgspec.structs.replace(CLIENT, description="d" * 2_049, kept=kept))
    assert change.after is not None
    assert change.after["description"] == "d" * 2_048 + "… (2049 characters)"
    assert change.after["kept"]["callbacks"] == [*["u"] * 100, "… (101 items)"]
    assert change.after["kept"]["addons"] == {**{str(number): number for number in range(100)}, "…": "(101 names)"}
    assert change.after["kept"]["web_origins"] == kept["web_origins"]
    call = Call(tenant="default", client_id="c", path="/" * 5_000)
    refused = refusal_record(call, status=400, error="e" * 5_000)
    assert refused.error.endswith("… (5000 characters)")
    assert refused.path.endswith("… (5000 characters)")


def test_a_call_that_changes_very_much_has_several_records_and_leaves_nothing_out() -> None:
    changes = [AuditedChange(kind="clients", id=str(number)) for number in range(2 * MAX_CHANGES + 5)]
    records = list(audit_records(Call(tenant="default", client_id="c"), "other", changes))
    assert [len(record.changes) for record in records] == [MAX_CHANGES, MAX_CHANGES, 5]
    assert [change for record in records for change in record.changes] == changes
    assert {record.tenant for record in records} == {"other"}
    assert len({record.at_ms for record in records}) == 1
