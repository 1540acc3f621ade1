"""Points for the student's own work are apart from the points for what the starter already passes."""

from __future__ import annotations

from workbook.course.points import points_of
from workbook.course.steps import Exercise


def exercise(id: str, points: int, keep: bool) -> Exercise:
    return Exercise(id, "Something", points, keep, needs=(), hints=())


def test_what_is_kept_is_counted_apart() -> None:
    every = [exercise("1.1", 3, False), exercise("1.2", 2, True), exercise("1.3", 1, False)]
    points = points_of(every, {"1.1": True, "1.2": True, "1.3": False})
    assert str(points) == "3 of 4 points, kept 2 of 2"
    assert str(points_of(every, {})) == "0 of 4 points, kept 0 of 2"


def test_where_nothing_is_to_keep_nothing_is_said_of_it() -> None:
    assert str(points_of([exercise("1.1", 3, False)], {"1.1": True})) == "3 of 3 points"
