"""A control group (cgroups(7), version 2) of all hosts of a runner: a bound on what they use together.

Each host has limits of its own; their sum is bounded here, so that many hosts at their limit cost a host and not the
machine. Only the spawner enters the group, once: its children are born in it, and moving a process costs milliseconds.
Needs a hierarchy of version 2 in which the runner's own group may be written to (systemd: ``Delegate=yes``).
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

import msgspec

_HOSTS, _RUNNER = "rulemint-hosts-", "rulemint-runner"


class GroupLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of all hosts together."""

    limits: tuple[tuple[str, str], ...]
    """Files of a group and what is written to them: ``memory.max`` and so on."""


def group_limits(*, memory_mib: int, processes: int) -> GroupLimits:
    """Bounds on memory, and on processes and threads."""
    return GroupLimits(limits=(("memory.max", str(memory_mib * 1024 * 1024)), ("pids.max", str(processes))))


def enter_group(wanted: GroupLimits, runner_pid: int, own: Path | None = None) -> None:
    """Put the calling process, a child of the runner, into a group with the limits of *wanted*, below the runner's own.

    Raises:
        OSError: there is no such hierarchy, or it may not be used; then the calling process is in no group of ours.
    """
    own = own or own_group()
    _give_controllers(own, {file.partition(".")[0] for file, _ in wanted.limits}, (runner_pid, os.getpid()))
    for left_behind in own.glob(f"{_HOSTS}*"):
        with suppress(OSError):  # one with processes in it belongs to a living runner
            left_behind.rmdir()
    group = own / f"{_HOSTS}{runner_pid}"
    group.mkdir()
    try:
        for file, value in wanted.limits:
            (group / file).write_text(value)
        _move(os.getpid(), group)
    except OSError:
        group.rmdir()
        raise


def own_group() -> Path:
    """The folder of the group that this process is in.

    Raises:
        OSError: there is no such hierarchy.
    """
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        mount, _, source = line.partition(" - ")
        if source.startswith("cgroup2 "):
            root, place = (Path(field) for field in mount.split()[3:5])
            break
    else:
        raise OSError(errno.ENOENT, "no hierarchy of version 2 is mounted")
    (group,) = (
        line.removeprefix("0::")
        for line in Path("/proc/self/cgroup").read_text().splitlines()
        if line.startswith("0::")
    )
    if not Path(group).is_relative_to(root):
        raise OSError(errno.ENOENT, "this process's group is not in the hierarchy that is mounted")
    return place / Path(group).relative_to(root)


def _give_controllers(own: Path, needed: set[str], movable: tuple[int, ...]) -> None:
    """Let groups below *own* have the controllers that they need; *own* may then hold no process itself."""
    absent = needed - set((own / "cgroup.controllers").read_text().split())
    if absent:
        raise OSError(errno.ENODEV, f"{own} has no controller for {' and '.join(sorted(absent))}")
    control = own / "cgroup.subtree_control"
    ask = " ".join(f"+{controller}" for controller in sorted(needed - set(control.read_text().split())))
    if not ask:
        return
    try:
        control.write_text(ask)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
    else:
        return
    leaf = own / _RUNNER
    leaf.mkdir(exist_ok=True)
    for pid in movable:
        _move(pid, leaf)
    try:
        control.write_text(ask)
    except OSError:
        for pid in movable:
            _move(pid, own)
        leaf.rmdir()
        raise


def _move(pid: int, group: Path) -> None:
    (group / "cgroup.procs").write_text(str(pid))
