"""Geometry of the bar chart."""

import pytest

from portal.ui.chart import HEIGHT, WIDTH, Value, stacked_bars


def test_bars_stand_on_the_base_line_and_on_each_other() -> None:
    bar = stacked_bars([Value("00", 6, 2), Value("", 0, 0)]).bars[0]
    assert bar.accepted_y + bar.accepted_height == pytest.approx(HEIGHT - 24)
    assert bar.refused_y + bar.refused_height == pytest.approx(bar.accepted_y, abs=0.02)
    assert bar.accepted_height == pytest.approx(3 * bar.refused_height, abs=0.05)


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 4), (5, 10), (10, 10), (11, 20), (999, 1000)])
def test_the_scale_ends_at_a_round_number_with_a_whole_half(most: int, top: int) -> None:
    assert [line.label for line in stacked_bars([Value("", most, 0)]).lines] == [0, top // 2, top]


def test_nothing_leaves_the_picture() -> None:
    chart = stacked_bars([Value("", 3, 1, usual=17.5)] * 24)
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.refused_y >= 0 for bar in chart.bars)
    assert all(bar.usual_y is not None and bar.usual_y >= 0 for bar in chart.bars)


def test_the_usual_stands_at_its_height_and_nowhere_where_nobody_knows_it() -> None:
    known, unknown = stacked_bars([Value("", 4, 0, usual=4), Value("", 4, 0)]).bars
    assert known.usual_y == known.accepted_y
    assert unknown.usual_y is None
