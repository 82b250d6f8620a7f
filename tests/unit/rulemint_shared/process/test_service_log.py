from __future__ import annotations

import subprocess
import sys

import pytest

from rulemint_shared.process.service_log import LogFormat, redact


@pytest.mark.parametrize(
    "name", ["client_secret", "password", "access_token", "Authorization", "client_assertion", "private_pem", "apiKey"]
)
def test_a_field_whose_name_says_secret_is_redacted(name: str) -> None:
    assert redact(None, "info", {"event": "x", name: "hunter2"}) == {"event": "x", name: "***"}


def test_other_fields_are_left_alone() -> None:
    assert redact(None, "info", {"event": "x", "client_id": "c"}) == {"event": "x", "client_id": "c"}


def test_what_a_field_holds_is_redacted_too() -> None:
    event = {"event": 'got {"passphrase": "hunter2"}', "body": {"a": [{"private-key": "hunter2"}]}, "n": 1}
    assert redact(None, "info", event) == {
        "event": 'got {"passphrase": "***"}',
        "body": {"a": [{"private-key": "***"}]},
        "n": 1,
    }


FAULT = """
import sys
import structlog
from rulemint_shared.process.service_log import LogFormat, set_up_logging

set_up_logging(service="runner", log_format=LogFormat(sys.argv[1]))

def fail(client_secret):
    raise ValueError("a fault of ours in redis://:" + client_secret + "@valkey")

try:
    fail("hunter" + "2")
except ValueError:
    structlog.get_logger().exception("it failed")
"""


@pytest.mark.parametrize("log_format", [LogFormat.CONSOLE, LogFormat.JSON])
def test_a_traceback_says_where_it_failed_and_shows_no_variable(log_format: LogFormat) -> None:
    done = subprocess.run([sys.executable, "-c", FAULT, log_format], capture_output=True, text=True, check=True)
    assert "a fault of ours" in done.stderr
    assert "in fail" in done.stderr
    assert "hunter2" not in done.stderr
