"""The look at this machine: real files, sockets and certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rulemint_cli.doctor.finding import State
from rulemint_cli.doctor.machine import certificate, disk, ends, kernel, key_files
from rulemint_cli.local.certificate_authority import Authority
from rulemint_cli.local.data_dir import open_data_dir
from rulemint_cli.local.key_files import make_key_files


def test_the_kernel_that_runs_the_tests_is_named() -> None:
    assert kernel().detail.startswith("Linux ")


def test_files_that_others_can_read_get_the_command_that_helps(tmp_path: Path) -> None:
    make_key_files(tmp_path, runner_key=None, password=None, data=None)
    admin = tmp_path / "admin.json"
    admin.touch(0o600)
    (whole,) = key_files(tmp_path)
    assert whole.state is State.OK
    admin.chmod(0o644)
    (wrong,) = key_files(tmp_path)
    assert (wrong.state, wrong.advice) == (State.WRONG, f"chmod 600 {admin}")


def test_a_key_that_is_missing_or_spoiled_is_wrong_and_a_folder_that_never_was_is_not(tmp_path: Path) -> None:
    assert key_files(tmp_path / "none")[0].state is State.SKIPPED
    (tmp_path / "master.key").write_text("no key")
    (tmp_path / "master.key").chmod(0o600)
    assert {each.state for each in key_files(tmp_path)} == {State.WRONG}


def test_a_folder_that_has_only_credentials_misses_no_key_but_nobody_else_may_read_them(tmp_path: Path) -> None:
    admin = tmp_path / "admin.json"
    admin.touch(0o600)
    assert [each.state for each in key_files(tmp_path)] == [State.SKIPPED]
    admin.chmod(0o644)
    assert [each.advice for each in key_files(tmp_path)] == [f"chmod 600 {admin}"]


def test_keys_that_were_lost_where_rulemint_dev_has_run_are_missing(tmp_path: Path) -> None:
    with open_data_dir(tmp_path):
        pass
    (tmp_path / "admin.json").touch(0o600)
    (tmp_path / "master.key").unlink()
    assert [each.detail for each in key_files(tmp_path)] == [f"{tmp_path / 'master.key'} is missing"]


def test_a_certificate_tells_how_long_it_is_good(tmp_path: Path) -> None:
    file = tmp_path / "server.pem"
    assert certificate(file).state is State.SKIPPED
    file.write_bytes(Authority.make().issue().certificate)
    assert certificate(file).state is State.OK
    file.write_text("no certificate")
    assert certificate(file).state is State.WRONG


@pytest.mark.parametrize(
    ("days", "state"), [(-1, State.WRONG), (3, State.WARNING), (90, State.OK)], ids=["ended", "soon", "long"]
)
def test_what_ends_soon_is_a_warning_and_what_has_ended_is_wrong(days: int, state: State) -> None:
    assert ends(datetime.now(UTC) + timedelta(days=days), what="it").state is state


def test_the_disk_of_a_folder_that_is_not_there_yet_is_looked_at(tmp_path: Path) -> None:
    assert "GiB are free" in disk(tmp_path / "later" / "on").detail
