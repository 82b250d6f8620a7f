"""Tokens per second and processor time of ours and of the peers, in the same rounds."""

from __future__ import annotations

from bench.goals.measured import ES256, RS256, Measured, Run, failed, processor_us, ratio
from bench.rounds import Turn, take_turns
from bench.subjects.ours import TWO
from bench.tokens import started_subjects

WANTED = {
    "no-rule": [ES256],
    f"{TWO}no-rule": [ES256],
    "javascript": [ES256, RS256],
    f"{TWO}javascript": [ES256, RS256],
    "python": [ES256],
    "oidc-inline": [ES256, RS256],
    "oidc-isolated": [ES256],
    "oidc-webhook": [ES256],
    "authlib": [ES256],
    "arq": [ES256],
}
CONNECTIONS = {ES256: [1, 32, 128], RS256: [32, 128]}


def measure(run: Run) -> Measured:
    """All lines about peers, about processor time, and about Python against JavaScript."""
    turns: list[Turn] = []
    with started_subjects(WANTED, run.say) as subjects:
        for subject in subjects:
            subject.check()
        for algorithm, connections in CONNECTIONS.items():
            its_subjects = [subject for subject in subjects if subject.algorithm == algorithm]
            turns += take_turns(
                its_subjects, run.load, connections=connections, rounds=run.rounds, seconds=run.seconds, say=run.say
            )

    def against(ours: str, other: str, *connections: int, algorithm: str = ES256) -> list[float | None]:
        return [ratio(turns, ours, other, connections=count, algorithm=algorithm) for count in connections]

    figures = {
        "inline": against("javascript", "oidc-inline", 1, 32, 128),
        "isolated": against("javascript", "oidc-isolated", 32, 128),
        "webhook": against("javascript", "oidc-webhook", 1, 32, 128),
        "processor": [processor_us(turns, "javascript", connections=count) for count in (32, 128)],
        "python": against("python", "javascript", 32, 128),
        "no-rule": [*against("no-rule", "oidc-inline", 32), *against(f"{TWO}no-rule", "oidc-inline", 32)],
        "rs256": against("javascript", "oidc-inline", 32, 128, algorithm=RS256),
        "rs256-two": against(f"{TWO}javascript", "oidc-inline", 32, 128, algorithm=RS256),
    }
    return Measured(figures=figures, turns=turns, failed=failed(turns))
