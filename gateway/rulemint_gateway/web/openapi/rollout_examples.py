"""Examples of rollouts."""

from __future__ import annotations

from typing import Any

from rulemint_gateway.web.openapi.example_values import AT

ROLLOUT_ANSWERS: dict[str, Any] = {
    "RolloutAnswer": {
        "rule": "team",
        "rule_id": "rul_5Mbjl0PdGsWtk9QN",
        "id": "rol_mX4vRr1kQz0bTn7c",
        "kind": "canary",
        "version": 3,
        "running_version": 2,
        "state": "running",
        "steps": [5.0, 25.0, 100.0],
        "step": 0,
        "share": 5.0,
        "minimum": 200,
        "tolerance": 1.0,
        "hold_s": 60,
        "started_at": AT,
        "step_at": AT,
        "ended_at": None,
        "reason": "",
        "verdict": "too_few",
        "why": "41 requests of version 3 and 803 of the version that runs were counted in this step, and 200 of each "
        "are needed",
        "counts": [
            {"step": 0, "version": 3, "requests": 41, "failed": 0, "denied": 1},
            {"step": 0, "version": 2, "requests": 803, "failed": 0, "denied": 12},
        ],
        "shadow": None,
    },
}
