"""Points for the student's own work, and apart from them the points for what the starter already passed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .steps import Exercise


@dataclass(frozen=True)
class Points:
    """`earned` of `total` for new exercises; `kept` of `to_keep` for *keep* exercises, which the starter passes."""

    earned: int
    total: int
    kept: int
    to_keep: int

    def __str__(self) -> str:
        new = f"{self.earned} of {self.total} points"
        return f"{new}, kept {self.kept} of {self.to_keep}" if self.to_keep else new


def points_of(exercises: Iterable[Exercise], passed: Mapping[str, bool]) -> Points:
    """The points of these exercises, where `passed` tells for each ID whether it is passed."""
    exercises = tuple(exercises)

    def total(keep: bool, only_passed: bool) -> int:
        return sum(e.points for e in exercises if e.keep == keep and (passed.get(e.id) or not only_passed))

    return Points(total(False, True), total(False, False), total(True, True), total(True, False))
