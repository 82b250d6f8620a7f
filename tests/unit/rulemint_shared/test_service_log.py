from __future__ import annotations

import pytest

from rulemint_shared.service_log import redact


@pytest.mark.parametrize(
    "name", ["client_secret", "password", "access_token", "Authorization", "client_assertion", "private_pem"]
)
def test_a_field_whose_name_says_secret_is_redacted(name: str) -> None:
    assert redact(None, "info", {"event": "x", name: "hunter2"}) == {"event": "x", name: "***"}


def test_other_fields_are_left_alone() -> None:
    assert redact(None, "info", {"event": "x", "client_id": "c"}) == {"event": "x", "client_id": "c"}
