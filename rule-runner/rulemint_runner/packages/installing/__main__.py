"""``python -I -m rulemint_runner.packages.installing <folder> <runner's pid>``: one installation.

The task comes on standard input, the answer goes to standard output. This process is the keeper: it starts the
installer, serves the gate that the installer has everything from, watches its folder, and collects what was unpacked
into it. When the keeper ends, the kernel ends the installer.
"""

from __future__ import annotations

import os
import sys
import zlib
from pathlib import Path
from typing import NoReturn

import msgspec

from rulemint_runner.packages.installing.containment import be_first_to_go
from rulemint_runner.packages.installing.installation import Installation
from rulemint_runner.packages.installing.packing import packed_if_large
from rulemint_runner.packages.installing.refusal import InstallError, RegistryDownError
from rulemint_runner.packages.installing.showable import without_credentials
from rulemint_runner.packages.messages import (
    MAX_COMPRESSED_BYTES,
    MAX_MESSAGE_CHARACTERS,
    Answer,
    Collected,
    InstallTask,
    NotCollected,
    PackageSet,
    task_decoder,
)
from rulemint_shared.contract.dependency_checks import check_dependencies
from rulemint_shared.process.tether import die_with_parent

_DOWN = "the registry does not answer, try again later: "


def main() -> NoReturn:
    """End with 0 once there is an answer of any kind."""
    folder, runner_pid = Path(sys.argv[1]), int(sys.argv[2])
    die_with_parent(runner_pid)
    task = task_decoder.decode(sys.stdin.buffer.read())
    be_first_to_go()
    _end_with(_answer(task, folder, runner_pid))


def _end_with(answer: Answer) -> NoReturn:
    """Give *answer* and end, without waiting for a thread that measures or reads."""
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer))
    sys.stdout.buffer.flush()
    os._exit(0)


def _refuse(error: Exception) -> NoReturn:
    _end_with(NotCollected(message=_message(str(error))))


def _answer(task: InstallTask, folder: Path, runner_pid: int) -> Answer:
    try:
        for each in task.request.wanted:
            check_dependencies(task.request.registry, {each.name: each.version})
        packages, resolved = Installation(task, folder, give_up=_refuse).run(runner_pid)
        return Collected(content=_compressed(packages), resolved=resolved)
    except (InstallError, ValueError) as error:
        return NotCollected(message=_message(str(error)))
    except RegistryDownError as error:
        return NotCollected(message=_message(_DOWN + str(error)), is_ours=True)


def _compressed(packages: PackageSet) -> bytes:
    content = zlib.compress(msgspec.json.encode(packed_if_large(packages)), level=6)
    if len(content) > MAX_COMPRESSED_BYTES:
        raise InstallError(f"the packages have more than {MAX_COMPRESSED_BYTES // 1024**2} MiB, compressed")
    return content


def _message(text: str) -> str:
    return without_credentials(text)[:MAX_MESSAGE_CHARACTERS]


if __name__ == "__main__":
    main()
