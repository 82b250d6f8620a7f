"""Look at this machine: kernel, Landlock and sandbox, ports, disk, keys, and the certificate of ``rulemint dev``."""

from __future__ import annotations

import importlib.util
import platform
import re
import shutil
import socket
import stat
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from pathlib import Path

from rulemint_cli.doctor.finding import Finding, State
from rulemint_cli.local.settings import DevSettings
from rulemint_cli.terminal.errors import CommandError
from rulemint_shared.contract.sandbox_report import LayerState

OLDEST_KERNEL = (6, 2)
LEAST_FREE_BYTES = 1024**3
LITTLE_FREE_SHARE = 0.05
ANSWER_WITHIN_S = 3.0
ENDS_SOON = timedelta(days=14)
KEY_FILES = ("master.key", "runner.key", "admin.json")
MADE_BY_DEV = ("lock", "valkey", "master.key", "runner.key")
"""``rulemint dev`` makes these in its data directory. Elsewhere, as in containers, it has only admin.json."""
_RELEASE = re.compile(r"(\d+)\.(\d+)")


def kernel() -> Finding:
    """Look at the kernel's version."""
    system, release = platform.system(), platform.release()
    found = _RELEASE.match(release)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if system != "Linux":
        return Finding("kernel", State.WRONG, f"{system} {release}", "run rules in a virtual machine with Linux 6.2")
    if version < OLDEST_KERNEL:
        return Finding(
            "kernel", State.WRONG, f"Linux {release}", "use Linux 6.2 or newer: Debian 13, Ubuntu 24.04, Fedora"
        )
    return Finding("kernel", State.OK, f"Linux {release}")


def sandbox() -> list[Finding]:
    """Attack the sandbox of this machine, and tell what Landlock and all layers together hold."""
    from rulemint_cli.local.sandbox_check import check_sandbox  # noqa: PLC0415  # only where a runner is installed

    if importlib.util.find_spec("rulemint_runner") is None:
        return [Finding("sandbox", State.SKIPPED, "no runner is installed here", "rulemint sandbox check on a runner")]
    try:
        report, _ = check_sandbox()
    except CommandError as error:
        return [Finding("sandbox", State.WRONG, str(error), "rulemint sandbox check shows more")]
    landlock = [layer for layer in report.layers if "landlock" in layer.name.lower()]
    findings = [
        Finding("Landlock", State.OK, layer.detail or "enforced")
        if layer.state is LayerState.ENFORCED
        else Finding(
            "Landlock", State.WRONG, f"{layer.state}: {layer.detail}", "boot the kernel with lsm=landlock,… (Linux 6.2)"
        )
        for layer in landlock
    ]
    if report.problems:
        findings.append(Finding("sandbox", State.WRONG, report.problems[0], "rulemint sandbox check shows all layers"))
    else:
        findings.append(Finding("sandbox", State.OK, f"{len(report.attacks)} attacks, and all were blocked"))
    return findings


def ports(settings: DevSettings) -> list[Finding]:
    """Look who has the ports that ``rulemint dev`` listens on."""
    wanted = [("RULEMINT_PORT", settings.port), ("RULEMINT_TLS_PORT", settings.tls_port)]
    return [_port(variable, number) for variable, number in wanted if number]


def _port(variable: str, number: int) -> Finding:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", number))
        except PermissionError:
            return Finding("port", State.WRONG, f"{number} is for root only", f"set {variable} to a port from 1024 on")
        except OSError:
            pass
        else:
            return Finding("port", State.OK, f"{number} is free")
    if _is_ours(number):
        return Finding("port", State.OK, f"{number} is a gateway's")
    return Finding(
        "port", State.WRONG, f"{number} belongs to another program", f"stop it, or set {variable} to another port"
    )


def _is_ours(number: int) -> bool:
    """Tell whether a gateway listens there, with http or with https."""
    try:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{number}/healthz", timeout=ANSWER_WITHIN_S) as answer:
                return b'"alive"' in answer.read(1_000)
        except urllib.error.HTTPError as error:
            return b"https" in error.read(1_000)  # our https port says that http was sent
    except (OSError, HTTPException, ValueError):  # such as a program that speaks no HTTP
        return False


def disk(folder: Path) -> Finding:
    """Look how much room the disk of *folder* has."""
    place = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    usage = shutil.disk_usage(place)
    detail = f"{usage.free / 1024**3:.1f} GiB of {usage.total / 1024**3:.1f} GiB are free at {place}"
    if usage.free < LEAST_FREE_BYTES:
        return Finding("disk", State.WRONG, detail, "make room: Valkey stops taking changes when the disk is full")
    if usage.free < usage.total * LITTLE_FREE_SHARE:
        return Finding("disk", State.WARNING, detail, "make room soon: Valkey writes all that it holds to disk")
    return Finding("disk", State.OK, detail)


def key_files(folder: Path) -> list[Finding]:
    """Look at the files of keys and credentials of ``rulemint dev`` in *folder*: there, whole, and nobody else's."""
    from rulemint_shared.secrets.vault import Vault, VaultError  # noqa: PLC0415  # loads cryptography

    try:
        if not folder.is_dir():
            return [Finding("keys", State.SKIPPED, f"there is no {folder}: nothing has run here")]
        has_run = any((folder / name).exists() for name in MADE_BY_DEV)
        looked_at = [_key_file(folder / name, is_needed=has_run) for name in KEY_FILES]
    except OSError as error:
        advice = f"ask as the user who owns {folder}"
        return [Finding("keys", State.WRONG, f"cannot look into {folder}: {error.strerror}", advice)]
    findings = [found for found in looked_at if found is not None]
    try:
        if (folder / "master.key").exists():
            Vault.from_file(folder / "master.key")
    except VaultError as error:
        findings.append(Finding("keys", State.WRONG, str(error), "restore the master key from your backup"))
    if not findings and not has_run:
        return [Finding("keys", State.SKIPPED, f"rulemint dev has not run in {folder}: the keys are elsewhere")]
    return findings or [Finding("keys", State.OK, f"the files in {folder} are there, and for their owner only")]


def _key_file(file: Path, *, is_needed: bool) -> Finding | None:
    """Look at one file; None if it is as it should be."""
    if not file.exists():
        return Finding("keys", State.WRONG, f"{file} is missing", "restore it from your backup") if is_needed else None
    if (mode := stat.S_IMODE(file.stat().st_mode)) & 0o077:
        return Finding("keys", State.WRONG, f"others can read {file} ({mode:o})", f"chmod 600 {file}")
    return None


def certificate(file: Path) -> Finding:
    """Look when the certificate in *file* ends."""
    from cryptography import x509  # noqa: PLC0415  # heavy, and --help does without

    try:
        found = x509.load_pem_x509_certificate(file.read_bytes())
    except FileNotFoundError:
        return Finding("certificate", State.SKIPPED, f"there is no {file}")
    except PermissionError:
        return Finding("certificate", State.WRONG, f"cannot read {file}", "ask as the user who owns it")
    except (OSError, ValueError):
        return Finding("certificate", State.WRONG, f"{file} is no certificate", "delete it: the next start makes one")
    return ends(found.not_valid_after_utc, what=str(file))


def ends(moment: datetime, *, what: str) -> Finding:
    """Tell how long the certificate *what* is good, which ends at *moment*."""
    left = moment - datetime.now(UTC)
    if left < timedelta():
        return Finding("certificate", State.WRONG, f"{what} ended on {moment:%Y-%m-%d}", "renew it: clients refuse it")
    state = State.WARNING if left < ENDS_SOON else State.OK
    advice = "renew it soon: the gateway reads the new file by itself" if left < ENDS_SOON else ""
    return Finding("certificate", state, f"{what} is good for {left.days} days", advice)
