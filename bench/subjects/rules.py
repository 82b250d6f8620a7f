"""The rules that the bench measures. Each adds what the peers' hooks add, beside what its name says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bench.tls_server import NAME

WAIT_MS = 50
CLAIMS = {"https://bench.test/tenant", "https://bench.test/name"}
"""What every token has, whoever issues it."""

_ADDS = "{ scope, 'https://bench.test/tenant': client.tenant, 'https://bench.test/name': client.name }"
JAVASCRIPT = f"""
module.exports = function (client, scope, audience, context, cb) {{
  cb(null, {_ADDS});
}};
"""
PYTHON = """
def rule(client, scope, audience, context):
    return {'https://bench.test/tenant': client['tenant'], 'https://bench.test/name': client['name']}
"""
_LOGS = f"""
module.exports = function (client, scope, audience, context, cb) {{
  console.log(`asked by ${{client.id}}`);
  console.log('checking', {{ scope }});
  console.warn('granting');
  cb(null, {_ADDS});
}};
"""


@dataclass(frozen=True)
class Flow:
    """What one tenant's flow is made of, and how it is used."""

    title: str
    rules: list[dict[str, Any]] = field(default_factory=list)
    watchers: int = 0
    """How many watch the tenant's log meanwhile."""


def flows(port: int) -> dict[str, Flow]:
    """Name → flow; *port* is that of the server which one of them calls."""
    javascript = {"name": "bench", "script": JAVASCRIPT}
    calling = f"""
module.exports = async (client, scope, audience, context) => {{
  await (await fetch('https://{NAME}:{port}/plans?wait_ms={WAIT_MS}')).json();
  return {_ADDS};
}};
"""
    return {
        "no-rule": Flow("no rule"),
        "javascript": Flow("JavaScript rule", [javascript]),
        "python": Flow("Python rule", [{"name": "bench", "language": "python", "script": PYTHON}]),
        "three-rules": Flow(
            "three JavaScript rules", [{**javascript, "name": f"bench {number}"} for number in range(3)]
        ),
        "watched-lines": Flow("3 log lines, watched by 10", [{"name": "bench", "script": _LOGS}], watchers=10),
        "waits-for-http": Flow(
            f"awaits {WAIT_MS} ms of HTTP", [{"name": "bench", "script": calling, "allow_hosts": [f"{NAME}:{port}"]}]
        ),
    }
