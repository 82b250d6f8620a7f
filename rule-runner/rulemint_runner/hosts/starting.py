"""A new host: three socket pairs, a contained process on their far ends, and its first word."""

from __future__ import annotations

import asyncio
import secrets
import socket
from contextlib import ExitStack

import msgspec

from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.host_limits import HostProgram
from rulemint_runner.hosts.wire.channel import Channel, EngineText, FromHost
from rulemint_runner.hosts.wire.to_host import ToHost
from rulemint_runner.sandbox.priority import Priority
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnError
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.process.shortages import note_shortage

HASH_SEEDS = 2**32
"""Their count; Python takes 0 for no seed at all."""


async def start_host(
    sandbox: Sandbox, program: HostProgram, *, priority: Priority = Priority.USUAL, hash_seed: int = 0
) -> Host:
    """A blank host that is ready, and has had its *priority* from before its program ran.

    By *hash_seed* it hashes as another host has; 0: as none can know.

    Raises:
        HostEndedError: no process could be started, or it ended at once or did not get ready. If something is used up,
            the log says what.
    """
    try:
        return await _start(
            sandbox, program, priority, hash_seed or program.hash_seed or 1 + secrets.randbelow(HASH_SEEDS - 1)
        )
    except (SpawnError, OSError) as error:
        shortage = note_shortage(error, starting=isinstance(error, SpawnError))
        why = str(error) if shortage is None else f"{shortage.event}: {shortage.limit}"
        raise HostEndedError(FailureReason.OVERLOADED, f"no host could be started: {why}") from error


async def _start(sandbox: Sandbox, program: HostProgram, priority: Priority, hash_seed: int) -> Host:
    loop = asyncio.get_running_loop()
    environment = program.policy.environment
    if program.hash_seed_in:
        environment = (*environment, (program.hash_seed_in, str(hash_seed)))
    policy = msgspec.structs.replace(program.policy, priority=priority, environment=environment)
    with ExitStack() as theirs, ExitStack() as undo:
        our_input, their_input = _socket_pair(theirs, undo, socket.SOCK_SEQPACKET)
        our_output, their_output = _socket_pair(theirs, undo)
        our_engine, their_engine = _socket_pair(theirs, undo)
        our_input.shutdown(socket.SHUT_RD)
        our_output.shutdown(socket.SHUT_WR)
        to_host = ToHost(our_input, undo.enter_context(their_input.dup()))
        undo.callback(to_host.abort)
        from_host, from_host_protocol = await loop.connect_accepted_socket(FromHost, our_output)
        undo.callback(from_host.abort)
        engine, engine_text = await loop.connect_accepted_socket(EngineText, our_engine)
        undo.callback(engine.abort)
        process = await sandbox.spawn(policy, (their_input.fileno(), their_output.fileno(), their_engine.fileno()))
        undo.pop_all()  # from here on the host looks after all of it
    channel = Channel(to_host, from_host_protocol)
    host = Host(
        process,
        channel,
        engine_text,
        program=program,
        priority=priority,
        hash_seed=hash_seed if program.hash_seed_in else 0,
    )
    channel.deliver_to(host)
    await host.ready()
    return host


def _socket_pair(
    theirs: ExitStack, undo: ExitStack, kind: socket.SocketKind = socket.SOCK_STREAM
) -> tuple[socket.socket, socket.socket]:
    """An end for us, which *undo* closes, and one for the host, which *theirs* does."""
    our_end, their_end = socket.socketpair(socket.AF_UNIX, kind)
    undo.callback(our_end.close)
    return our_end, theirs.enter_context(their_end)
