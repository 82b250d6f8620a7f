"""A new host: two socket pairs, a contained process on their far ends, and its first word."""

from __future__ import annotations

import asyncio
import socket
from contextlib import ExitStack

import msgspec

from rulemint_runner.hosts.channel import Channel, EngineText
from rulemint_runner.hosts.host import Host, HostEndedError
from rulemint_runner.hosts.languages import HostProgram
from rulemint_runner.sandbox.priority import Priority
from rulemint_runner.sandbox.sandbox import Sandbox, SpawnError
from rulemint_shared.messages import FailureReason


async def start_host(sandbox: Sandbox, program: HostProgram, *, priority: Priority = Priority.USUAL) -> Host:
    """A blank host that is ready, and has had its *priority* from before its program ran.

    Raises:
        HostEndedError: no process could be started, or it ended at once or did not get ready.
    """
    loop = asyncio.get_running_loop()
    policy = msgspec.structs.replace(program.policy, priority=priority)
    ours, theirs = socket.socketpair()
    our_engine, their_engine = socket.socketpair()
    with theirs, their_engine, ExitStack() as undo:
        undo.callback(our_engine.close)
        undo.callback(ours.close)
        _, channel = await loop.connect_accepted_socket(Channel, ours)
        undo.callback(channel.abort)
        engine, engine_text = await loop.connect_accepted_socket(EngineText, our_engine)
        undo.callback(engine.abort)
        try:
            process = await sandbox.spawn(policy, (theirs.fileno(), theirs.fileno(), their_engine.fileno()))
        except SpawnError as error:
            raise HostEndedError(FailureReason.CRASHED, str(error)) from error
        undo.pop_all()  # from here on the host looks after all of it
    host = Host(process, channel, engine_text, max_private_bytes=program.max_private_bytes, priority=priority)
    channel.deliver_to(host)
    await host.ready()
    return host
