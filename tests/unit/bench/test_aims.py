from __future__ import annotations

from bench.goals.aims import AIMS, Aim

MORE = Aim(name="more", title="more is better: 1 / 32", goal=(1.0, 1.2), must=(0.5, 0.9))
LESS = Aim(name="less", title="less is better", goal=(5,), must=(8,), unit="ms", at_most=True)


def test_every_figure_of_a_line_must_be_good_enough() -> None:
    assert MORE.reached([1.0, 1.2]) == "goal"
    assert MORE.reached([2.0, 1.0]) == "must"
    assert MORE.reached([2.0, 0.8]) == "no"


def test_where_less_is_better_a_figure_may_not_be_above() -> None:
    assert [LESS.reached([ms]) for ms in (5.0, 8.0, 8.1)] == ["goal", "must", "no"]


def test_nothing_is_said_of_a_line_that_was_not_measured() -> None:
    assert MORE.reached([1.0, None]) == ""
    assert (MORE.text([1.0, None]), LESS.text([None])) == ("1.00 / not measured", "not measured")


def test_figures_have_their_unit() -> None:
    assert LESS.text([7.84]) == "7.8 ms"
    assert Aim(name="n", title="t", goal=(700,), must=(600,), unit="tokens/s").text([712.4]) == "712 tokens/s"


def test_every_goal_is_at_least_what_must_be() -> None:
    for aim in AIMS:
        assert aim.reached(aim.goal) == "goal", aim.name
        assert aim.reached(aim.must) in {"goal", "must"}, aim.name
    assert len({aim.name for aim in AIMS}) == len(AIMS)


def test_a_title_says_how_many_tenants_were_asked() -> None:
    titles = {aim.name: aim.titled(40) for aim in AIMS}
    assert "40 tenants against 1" in titles["tenants-100"]
    assert "40 tenants by Zipf" in titles["tenants-1000"]
    assert "1,000 tenants by Zipf" in {aim.name: aim.titled(1_000) for aim in AIMS}["tenants-1000"]
    assert not any("{" in title for title in titles.values())
