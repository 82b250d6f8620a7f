"""A stream that is closed, full or read no more ends a command in one sentence, and never in a stack trace."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

COMMAND = f"{sys.executable} -m rulemint_cli"
SETTINGS = {name: value for name, value in os.environ.items() if not name.startswith("RULEMINT_")}


def run(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["/bin/sh", "-c", line], env=SETTINGS, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("options", ["--help", "rules deploy --help"])
def test_a_full_disk_is_said_in_one_sentence(options: str) -> None:
    done = run(f"{COMMAND} {options} > /dev/full")
    assert (done.returncode, done.stderr) == (1, "rulemint: cannot go on: No space left on device\n")


def test_a_full_disk_is_a_line_of_json_with_json() -> None:
    done = run(f"{COMMAND} profiles list --json > /dev/full")
    assert (done.returncode, done.stderr) == (1, '{"error": {"message": "cannot go on: No space left on device"}}\n')


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
def test_a_closed_stream_is_no_reason_to_fail(closed: str) -> None:
    done = run(f"{COMMAND} profiles list --json {closed}")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_has_seen_enough_is_no_error_to_speak_of() -> None:
    done = run(f"{COMMAND} --help | true")
    assert done.stderr == ""
