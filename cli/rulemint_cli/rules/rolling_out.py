"""Save the version of a `Deployment` as a draft, and roll it out to a part of the live token requests."""

from __future__ import annotations

from shlex import quote
from typing import Any

from rulemint_cli.connection.management_api import Admin
from rulemint_cli.connection.nouns import RULES, Record, path_of
from rulemint_cli.rules.deployment_plan import MAKE_A_VERSION, Deployment
from rulemint_cli.terminal.errors import CommandError


async def roll_out(admin: Admin, planned: Deployment, rollout: dict[str, Any]) -> Record:
    """Return the rollout that begins, as the system answers it. *rollout* lacks its version.

    Raises:
        CommandError: there is nothing to roll out or to compare with, or the system refuses.
    """
    rule, wanted = planned.existing, planned.wanted
    if rule is None or not rule["version"]:
        raise CommandError(f"no version of {wanted.name} runs that another could be compared with: deploy it first")
    if wanted.secrets:
        raise CommandError(
            "secrets belong to all versions of a rule: set them first with "
            f"rulemint secrets set {quote(wanted.name)} KEY"
        )
    if others := sorted(planned.changes.keys() - MAKE_A_VERSION):
        raise CommandError(
            f"{', '.join(others)} would change for all clients: "
            f"change that first with rulemint rules update {quote(wanted.name)}"
        )
    if not planned.changes:
        raise CommandError(f"nothing differs from version {rule['version']}, which runs")
    body = {**_version_fields(rule, planned), "draft": True}
    if wanted.message:
        body["message"] = wanted.message
    saved, _ = await admin.call_matching("PATCH", path_of(RULES, rule), body, etag=planned.etag)
    started: Record = await admin.call(
        "POST", f"{path_of(RULES, rule)}/rollout", {**rollout, "version": saved["draft_version"]}
    )
    return started


def _version_fields(rule: Record, planned: Deployment) -> dict[str, Any]:
    """Return what makes the draft as wanted. An older draft, on which it builds, may differ in other fields."""
    if rule["draft_version"] is None:
        return planned.changes
    return {name: planned.wanted.fields.get(name, rule[name]) for name in sorted(MAKE_A_VERSION)}


def started_text(rollout: Record) -> str:
    """Return a line on a rollout that begins."""
    whom = "clients" if rollout["kind"] == "canary" else "token requests"
    does = "runs for" if rollout["kind"] == "canary" else "runs behind"
    return f"version {rollout['version']} of {rollout['rule']} {does} {rollout['share']:g} % of the {whom}"


def rollout_rows(rollout: Record) -> list[str]:
    """Return lines on how a rollout stands."""
    steps = ", ".join(f"{share:g} %" for share in rollout["steps"])
    rows = [
        f"{rollout['kind']} of version {rollout['version']} of {rollout['rule']}: {rollout['state'].replace('_', ' ')}",
        f"steps: {steps}; now {rollout['share']:g} %" if rollout["state"] == "running" else f"steps: {steps}",
    ]
    rows += [
        f"step {each['step'] + 1}, version {each['version']}: {each['requests']} requests, "
        f"{each['failed']} failed, {each['denied']} refused"
        for each in rollout["counts"]
    ]
    if runs := rollout["shadow"]:
        rows.append(
            f"{runs['equal']} equal, {runs['different']} different, {runs['unknown']} where nobody can tell, "
            f"{runs['dropped']} dropped"
        )
        rows.append(f"rulemint logs --type=diff --rule {quote(rollout['rule'])} shows the differences")
    if rollout["verdict"]:
        rows.append(f"verdict: {rollout['verdict'].replace('_', ' ')}: {rollout['why']}")
    if rollout["reason"]:
        rows.append(f"it ended at {rollout['ended_at']}: {rollout['reason']}")
    return rows
