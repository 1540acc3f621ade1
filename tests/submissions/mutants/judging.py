"""Runs the checks on mutants, as many at a time as there are cores."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from workbook.checks.verdicts import Verdicts
from workbook.checks.warm_checks import WarmChecks
from workbook.course.places import SOLUTIONS
from workbook.course.starters import source_files
from workbook.course.steps import Exercise, Step, find_step
from workbook.lab.warm_apps import warm_for_apps

from .making import Mutant

AT_ITS_EXERCISE = "at its exercise"
ELSEWHERE = "elsewhere"
PASSES = "passes"


@dataclass(frozen=True)
class Judged:
    """A mutant, where it was refused, by which exercises, and what the first of them said."""

    key: str
    step: str
    exercise: str
    file: str
    line: int
    operator: str
    was: str
    now: str
    outcome: str
    refused_by: tuple[str, ...]
    message: str

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return asdict(self)


def judge(mutants: Iterable[Mutant]) -> Iterator[Judged]:
    """Each mutant with what the checks say, as they come. The exercise whose code was changed is asked first, and
    where it refuses the mutant no other is asked."""
    waiting: SimpleQueue[Mutant] = SimpleQueue()
    count = 0
    for mutant in mutants:
        waiting.put(mutant)
        count += 1
    done: SimpleQueue[Judged | BaseException] = SimpleQueue()
    ended = threading.Event()

    def work() -> None:
        try:
            with warm_for_apps() as apps, WarmChecks(apps, workers=1) as checks:
                while not ended.is_set() and not waiting.empty():
                    done.put(_judged(checks, waiting.get()))
        except BaseException as error:
            done.put(error)

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as threads:
        for _ in range(cores):
            threads.submit(work)
        try:
            for _ in range(count):
                one = done.get()
                if isinstance(one, BaseException):
                    raise one
                yield one
        finally:
            ended.set()


def _judged(checks: WarmChecks, mutant: Mutant) -> Judged:
    step = find_step(mutant.step)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(mutant, folder)
        asked = [mutant.exercise, *_needed(step.exercise(mutant.exercise), step)]
        outcome, verdicts = AT_ITS_EXERCISE, checks.run(step, folder, only=asked)
        if mutant.exercise not in _refusing(verdicts):
            outcome, verdicts = ELSEWHERE, checks.run(step, folder)
    refused = _refusing(verdicts)
    if mutant.exercise in refused:
        outcome, refused = AT_ITS_EXERCISE, (mutant.exercise, *(e for e in refused if e != mutant.exercise))
    message = next((v.message for v in verdicts.all if refused and v.id == refused[0]), "")
    about = {key: value for key, value in asdict(mutant).items() if key != "text"}
    return Judged(
        mutant.key, **about, outcome=outcome if refused else PASSES, refused_by=refused, message=message
    )


def _write(mutant: Mutant, folder: Path) -> None:
    solution, place = SOLUTIONS / mutant.step, folder / mutant.step
    for file in source_files(solution):
        copy = place / file.relative_to(solution)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    (place / mutant.file).write_text(mutant.text, encoding="utf-8")


def _refusing(verdicts: Verdicts) -> tuple[str, ...]:
    return tuple(v.id for v in verdicts.all if not v.passed and v.waits_for is None)


def _needed(exercise: Exercise, step: Step) -> list[str]:
    return [found for need in exercise.needs for found in (need, *_needed(step.exercise(need), step))]
