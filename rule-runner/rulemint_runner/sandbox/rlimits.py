"""Resource limits (setrlimit(2)): soft and hard alike, so that no process raises its own."""

from __future__ import annotations

import resource

from rulemint_runner.sandbox.policy import SandboxPolicy


def apply_rlimits(policy: SandboxPolicy) -> None:
    """Limit the calling process as *policy* says."""
    limits: dict[int, int | None] = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_FSIZE: policy.max_file_bytes,
        resource.RLIMIT_NOFILE: policy.max_open_files,
        resource.RLIMIT_STACK: policy.max_stack_bytes,
        resource.RLIMIT_DATA: policy.max_data_bytes,
        resource.RLIMIT_AS: policy.max_address_space_bytes,
    }
    for limit, value in limits.items():
        if value is not None:
            _, hard = resource.getrlimit(limit)
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (allowed, allowed))
