"""``python -m rulemint_runner.egress <descriptor> <runner's pid>``: the broker, from its start to its containment."""

from __future__ import annotations

import rulemint_shared.process.without_rich  # noqa: F401  # before what imports structlog

import signal
import socket
import sys
from pathlib import Path

import uvloop

from rulemint_runner.egress.broker.containment import contain
from rulemint_runner.egress.broker.hosts_file import read_hosts_file
from rulemint_runner.egress.broker.resolver_files import ResolverFiles
from rulemint_runner.egress.broker.server import serve_runner
from rulemint_runner.egress.broker.tls import client_context
from rulemint_runner.egress.messages import NotStarted, ProtocolError, Start, from_broker, to_broker
from rulemint_shared.process.gc_tuning import leave_out_what_started
from rulemint_shared.process.tether import die_with_parent
from rulemint_shared.public_addresses import AddressPolicy


def main() -> int:
    """Serve the runner; 0 once it has hung up, 1 if the broker could not start or the runner broke the protocol."""
    descriptor, runner_pid = (int(argument) for argument in sys.argv[1:3])
    die_with_parent(runner_pid)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends with its runner, and only then
    control = socket.socket(fileno=descriptor)
    try:
        start = to_broker.receive(control)
        if not isinstance(start, Start):
            return 1
        hosts = read_hosts_file(Path(start.hosts_file)) if start.hosts_file else {}
        policy = AddressPolicy(start.allow_private)
        tls = client_context(start.ca_file)
        resolver_files = ResolverFiles()
        contain(runner_pid, start.without, start.landlock_abi)
    except (OSError, ValueError, RuntimeError) as error:
        control.sendall(from_broker.encode(NotStarted(why=str(error)[:1_000])))
        return 1
    except ProtocolError:
        return 1
    leave_out_what_started()
    try:
        uvloop.run(serve_runner(control, hosts=hosts, policy=policy, tls=tls, resolver_files=resolver_files))
    except ProtocolError as error:
        sys.stderr.write(f"the runner broke the protocol: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
