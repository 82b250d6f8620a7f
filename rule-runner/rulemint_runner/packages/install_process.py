"""One installation as the runner sees it: a process in a session of its own, with a deadline, and gone at the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from rulemint_runner.packages.install_folders import InstallFolders
from rulemint_runner.packages.messages import MAX_ANSWER_BYTES, Answer, InstallTask, answer_decoder

log = structlog.get_logger(__name__)

PROGRAM = ("-m", "rulemint_runner.packages.installing")
TIMEOUT_S = 60.0
_STDERR_SHOWN = 1_000


class InstallFailedError(Exception):
    """There is no answer: the process took too long, or ended without one."""


async def run_install(task: InstallTask, *, timeout_s: float = TIMEOUT_S) -> Answer:
    """Return the answer to *task*; it is given up after *timeout_s*.

    Raises:
        InstallFailedError: see there.
        OSError: there is no place for it, or no process.
    """
    async with InstallFolders(task.terms.within).opened() as folder:
        return await _run(task, folder, timeout_s)


async def _run(task: InstallTask, folder: Path, timeout_s: float) -> Answer:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", *PROGRAM, str(folder), str(os.getpid()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
        env={},
        start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(timeout_s):
            output, complaints = await process.communicate(msgspec.msgpack.encode(task))
    except TimeoutError:
        raise InstallFailedError(f"the installation took more than {timeout_s:g} s") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # all that it started
        await process.wait()
    try:
        if len(output) > MAX_ANSWER_BYTES:
            raise InstallFailedError("the installation has too much to say")
        return answer_decoder.decode(output)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        shown = complaints.decode(errors="backslashreplace").strip()[-_STDERR_SHOWN:]
        log.error("an installation ended without an answer", code=process.returncode, stderr=shown)  # noqa: TRY400  # stderr says all
        raise InstallFailedError("the installation ended without an answer") from error
