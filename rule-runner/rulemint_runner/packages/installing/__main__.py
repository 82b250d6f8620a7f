"""``python -I -m rulemint_runner.packages.installing <folder> <runner's pid>``: one installation.

The task comes on standard input, the answer goes to standard output.
"""

from __future__ import annotations

import re
import sys
import zlib
from pathlib import Path

import msgspec

from rulemint_runner.packages.installing import npm, pypi
from rulemint_runner.packages.installing.containment import contain
from rulemint_runner.packages.installing.refusal import InstallError, RegistryDownError
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
from rulemint_shared.dependencies import Registry, check_dependencies
from rulemint_shared.tether import die_with_parent

_CREDENTIALS = re.compile(r"//[^/@\s]*@")


def main() -> int:
    """0 once there is an answer, whatever it says."""
    folder, runner_pid = Path(sys.argv[1]), int(sys.argv[2])
    die_with_parent(runner_pid)
    task = task_decoder.decode(sys.stdin.buffer.read())
    contain(folder, Path(task.deno))
    sys.stdout.buffer.write(msgspec.msgpack.encode(_answer(task, folder)))
    sys.stdout.buffer.flush()
    return 0


def _answer(task: InstallTask, folder: Path) -> Answer:
    request = task.request
    try:
        for each in request.wanted:
            check_dependencies(request.registry, {each.name: each.version})
        install = npm.install if request.registry is Registry.NPM else pypi.install
        packages, resolved = install(task, folder)
        return Collected(content=_compressed(packages), resolved=resolved)
    except (InstallError, ValueError) as error:
        return NotCollected(message=_showable(str(error), folder))
    except RegistryDownError as error:
        message = f"the registry does not answer, try again later: {error}"
        return NotCollected(message=_showable(message, folder), is_ours=True)


def _compressed(packages: PackageSet) -> bytes:
    content = zlib.compress(msgspec.json.encode(packages), level=6)
    if len(content) > MAX_COMPRESSED_BYTES:
        raise InstallError(f"the packages have more than {MAX_COMPRESSED_BYTES // 1024**2} MiB, compressed")
    return content


def _showable(text: str, folder: Path) -> str:
    """*text* without this machine's paths, and without what a registry's URL may have of a password."""
    text = _CREDENTIALS.sub("//", text.replace(str(folder), ""))
    return text.strip()[:MAX_MESSAGE_CHARACTERS]


if __name__ == "__main__":
    sys.exit(main())
