"""Define what the runner and its spawner say to each other: JSON in packets, which also carry descriptors."""

from __future__ import annotations

import msgspec

from rulemint_runner.sandbox.cgroup import GroupLimits
from rulemint_runner.sandbox.namespaces import Tried
from rulemint_runner.sandbox.new_root import VisibleFiles
from rulemint_runner.sandbox.policy import SandboxPolicy
from rulemint_runner.sandbox.preflight import KernelLayer

MAX_PACKET_BYTES = 64 * 1024
STDIO_DESCRIPTORS = 3


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """The setup that the spawner is given when it is started, as an argument."""

    visible: VisibleFiles | None = None
    """The files that exist for hosts; None: all that exist."""
    group: GroupLimits | None = None
    """The bounds of all hosts together; None: no bound."""
    without: tuple[KernelLayer, ...] = ()
    """Layers that this kernel lacks and that hosts are started without, because an operator insists."""
    landlock_abi: int | None = None
    """Use no newer one, as an older kernel would."""


class SetApart(msgspec.Struct, frozen=True, kw_only=True, tag="set-apart"):
    """Spawner → runner, first of all: what hosts have of their own, and what they do not."""

    tried: tuple[Tried, ...]


class Spawn(msgspec.Struct, frozen=True, kw_only=True):
    """Runner → spawner: start this. With it come the descriptors for 0, 1 and 2."""

    number: int
    policy: SandboxPolicy


class Spawned(msgspec.Struct, frozen=True, kw_only=True, tag="spawned"):
    """Spawner → runner: it runs. With it comes its pidfd."""

    number: int
    pid: int


class NotSpawned(msgspec.Struct, frozen=True, kw_only=True, tag="not-spawned"):
    """Spawner → runner: it could not be started."""

    number: int
    error: int
    """As errno(3) has it."""


class Exited(msgspec.Struct, frozen=True, kw_only=True, tag="exited"):
    """Spawner → runner: it has ended and been reaped; *status* as wait(2) gives it."""

    pid: int
    status: int


FromSpawner = SetApart | Spawned | NotSpawned | Exited

encode = msgspec.json.Encoder().encode
decode_setup = msgspec.json.Decoder(Setup).decode
decode_spawn = msgspec.json.Decoder(Spawn).decode
decode_from_spawner: msgspec.json.Decoder[FromSpawner] = msgspec.json.Decoder(FromSpawner)
