"""Checks the work of many students, one after the other, and sums it up. Their code runs with the rights of the
user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbook.course.steps import Step

from .verdicts import StepVerdicts, Verdicts


@dataclass(frozen=True)
class Checked:
    """One student's folder of step folders, and its verdicts."""

    folder: Path
    verdicts: Verdicts


def folders_of_work(places: Iterable[Path], steps: Iterable[Step]) -> tuple[Path, ...]:
    """The folders of step folders at these places: a place with one of the steps in it is a student's own, and one
    without is a folder of students' folders."""
    names = [step.name for step in steps]

    def has_steps(folder: Path) -> bool:
        return any((folder / name).is_dir() for name in names)

    found: list[Path] = []
    for place in places:
        inside = (
            [] if has_steps(place) else [f for f in sorted(place.iterdir()) if f.is_dir() and has_steps(f)]
        )
        found.extend(inside or [place])
    return tuple(dict.fromkeys(found))


def check_many(
    steps: tuple[Step, ...], folders: tuple[Path, ...], only: Iterable[str] = ()
) -> Iterator[Checked]:
    """The verdicts of these steps on each folder, as they come. `only` names exercises; without it all are checked."""
    from .warm_checks import warm_checks

    wanted = set(only)
    with warm_checks(steps, folders[0]) as checks:
        for folder in folders:
            parts = []
            for step in steps:
                for found in checks.run(step, folder).steps:
                    kept = tuple(verdict for verdict in found.exercises if not wanted or verdict.id in wanted)
                    parts.append(StepVerdicts(found.step, kept))
            yield Checked(folder, Verdicts(tuple(parts)))


def open_exercises(checked: Iterable[Checked]) -> list[tuple[str, int]]:
    """The exercises that are not passed, with the number of students, the most frequent first. Exercises that wait for
    another are not counted."""
    counts = Counter(
        verdict.id
        for one in checked
        for verdict in one.verdicts.all
        if not verdict.passed and verdict.waits_for is None
    )
    return counts.most_common()
