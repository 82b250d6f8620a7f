"""From a fork to the contained program: the order of containment, on one screen.

This runs in the child of the single-threaded spawner, between fork and exec. A step that fails ends the child before it
has run anything of the program. No step is skipped, but one for a layer that this kernel does not have, where an
operator insists on running rules all the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

import msgspec

from rulemint_runner.sandbox.landlock import restrict_files
from rulemint_runner.sandbox.oom import be_killed_first
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.preflight import KernelLayer
from rulemint_runner.sandbox.priority import take_priority
from rulemint_runner.sandbox.privileges import allow_no_new_privileges, become_nobody
from rulemint_runner.sandbox.rlimits import apply_rlimits
from rulemint_runner.sandbox.seccomp import filter_calls
from rulemint_runner.sandbox.turns import take_long_turns
from rulemint_shared.process.tether import die_with_parent

CANNOT_LAUNCH = 126
_HIGHEST_DESCRIPTOR = 2**31 - 2


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """The things that the steps work with."""

    policy: SandboxPolicy
    stdio: tuple[int, int, int]
    """The descriptors that become 0, 1 and 2; each is above 2."""
    parent_pid: int
    empty_folder: str
    proc: int
    """An open ``/proc``; there may be none to open by name."""
    without: tuple[KernelLayer, ...] = ()
    """Layers that this kernel lacks and that an operator does without."""
    landlock_abi: int | None = None
    """Use no newer one, as an older kernel would."""


def contain_and_exec(launch: Launch) -> NoReturn:
    """Become the program of *launch*, contained."""
    try:
        for step in STEPS:
            step(launch)
        os.execve(launch.policy.argv[0], launch.policy.argv, dict(launch.policy.environment))  # noqa: S606  # no shell is meant
    except Exception as error:  # noqa: BLE001  # in any case the child must end here
        os.write(2, f"cannot launch {launch.policy.argv[0]}: {error}\n".encode())
    os._exit(CANNOT_LAUNCH)


def _take_own_process_group(_launch: Launch) -> None:
    """Not a session: the kernel gives each of those as much of the processor as all our services have together."""
    os.setpgid(0, 0)


def _take_long_turns(_launch: Launch) -> None:
    """A start is nobody's hurry; the runner gives a host that is ready the usual ones."""
    take_long_turns()


def _take_priority(launch: Launch) -> None:
    take_priority(launch.policy.priority)


def _be_killed_first(launch: Launch) -> None:
    be_killed_first(launch.proc)


def _take_stdio(launch: Launch) -> None:
    for target, source in enumerate(launch.stdio):
        os.dup2(source, target, inheritable=True)


def _close_everything_else(_launch: Launch) -> None:
    os.closerange(3, _HIGHEST_DESCRIPTOR)


def _enter_empty_folder(launch: Launch) -> None:
    os.chdir(launch.empty_folder)
    os.umask(0o777)


def _limit_resources(launch: Launch) -> None:
    apply_rlimits(launch.policy)


def _die_with_spawner(launch: Launch) -> None:
    die_with_parent(launch.parent_pid)


def _become_nobody(launch: Launch) -> None:
    become_nobody(launch.policy.user)


def _allow_no_new_privileges(_launch: Launch) -> None:
    allow_no_new_privileges()


def _restrict_files(launch: Launch) -> None:
    if KernelLayer.LANDLOCK not in launch.without:
        restrict_files(launch.policy, launch.landlock_abi)


def _filter_calls(launch: Launch) -> None:
    if KernelLayer.SECCOMP not in launch.without:
        filter_calls(launch.policy)


STEPS: tuple[Callable[[Launch], None], ...] = (
    _take_own_process_group,
    _take_long_turns,
    _take_priority,
    _be_killed_first,
    _take_stdio,
    _close_everything_else,
    _enter_empty_folder,
    _limit_resources,
    _become_nobody,
    _die_with_spawner,  # after the change of user, which would undo it
    _allow_no_new_privileges,  # from here on as anyone: what follows needs no right
    _restrict_files,
    _filter_calls,  # last: it denies what the steps before it do
)
