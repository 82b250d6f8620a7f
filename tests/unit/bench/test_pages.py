from __future__ import annotations

from bench.goals.__main__ import Goals
from bench.pages import filled
from bench.rounds import Row
from bench.table import Origin

ORIGIN = Origin(command="python -m bench.goals", date="2026-01-02T03:04+00:00", commit="abc", machine="m", load="wrk")
PAGE = "before\n<!-- {0} -->\nold\n<!-- end of {0} -->\nafter\n"


def row(subject: str, connections: int, per_second: float) -> Row:
    return Row(
        subject=subject, title=subject.upper(), algorithm="ES256", connections=connections, rounds=5,
        per_second=per_second, p50_ms=1, p95_ms=2, p99_ms=3, failed=0, processor_us={"server": 200.4},
        unique_mib={}, processes={},
    )  # fmt: skip


GOALS = Goals(
    origin=ORIGIN,
    figures={"idle": [4.2], "python": [0.95, 0.97]},
    rows=[row("javascript", count, 1000 * count) for count in (1, 32, 128)] + [row("100 uniform", 32, 5)],
)


def test_a_page_gets_one_row_for_each_subject_that_was_asked_on_all_numbers_of_connections() -> None:
    page = filled(PAGE.format("figures"), GOALS)
    assert "| JAVASCRIPT | 1000 | 32000 | 128000 | 3.0 | 200 | 200 | 0 |" in page
    assert "100 UNIFORM" not in page
    assert "old" not in page
    assert page.startswith("before\n<!-- figures -->\n")
    assert page.endswith("<!-- end of figures -->\nafter\n")


def test_what_goes_beyond_one_rule_stands_with_its_goal() -> None:
    page = filled(PAGE.format("beyond"), GOALS)
    assert "| first token after idle, JavaScript, p50 | 4.2 ms | 5.0 ms |" in page
    assert "Python" not in page


def test_the_short_table_has_the_subjects_that_there_are() -> None:
    assert "| JAVASCRIPT | 32000 | 1.0 | 3.0 | 200 |" in filled(PAGE.format("short"), GOALS)


def test_an_unknown_mark_keeps_what_it_has() -> None:
    assert filled(PAGE.format("other"), GOALS) == PAGE.format("other")
