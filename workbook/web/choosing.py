"""Which step `start` runs, and from which folder: what was asked for, the tour, or the first step to be done."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from workbook.course.errors import WorkbookError
from workbook.course.places import CHAPTERS, RELEASE, SOLUTIONS, STATE
from workbook.course.progress import Progress, read_progress
from workbook.course.starters import is_untouched
from workbook.course.steps import Step, all_steps, find_step

_TOURED = STATE / "toured"


@dataclass(frozen=True)
class Choice:
    """What to start: a step, the folder of step folders that its app is taken from, and whether it is the tour."""

    step: Step
    folder: Path
    tour: bool = False

    @property
    def app(self) -> Path:
        """The folder of the app itself."""
        return self.folder / self.step.name


def choose(wanted: str | None, folder: Path, *, given: bool) -> Choice:
    """The step that was asked for; without one the tour on a fresh clone, and then the first step to be done."""
    if wanted is not None:
        step = find_step(wanted)
        if not (folder / step.name).is_dir():
            raise WorkbookError(
                f"There is no folder {folder / step.name}. `--in DIR` names the folder that has it."
            )
        return Choice(step, folder)
    untouched = folder == CHAPTERS and all(is_untouched(folder / step.name) for step in all_steps())
    if not given and untouched and not _TOURED.exists():
        if SOLUTIONS.is_dir():
            return Choice(find_step("1"), SOLUTIONS, tour=True)
        if RELEASE.is_dir():  # the app of step 00 is the one that students get finished
            return Choice(find_step("0"), CHAPTERS, tour=True)
    return Choice(_first_open(folder), folder)


def remember_the_tour() -> None:
    """Lets the next call choose a step to work on."""
    try:
        STATE.mkdir(exist_ok=True)
        _TOURED.touch()
    except OSError:
        pass  # a folder that cannot be written only means that the tour comes again


def _first_open(folder: Path) -> Step:
    """The first step with an exercise that is not passed; the last one where there is none.

    What the last check of the student's own folder saw is believed; other steps are checked.
    """
    from workbook.checks.warm_checks import WarmChecks, warm_checks

    steps = [step for step in all_steps() if (folder / step.name).is_dir()]
    if not steps:
        raise WorkbookError(f"There is no step folder in {folder}.")
    progress = read_progress() if folder == CHAPTERS else Progress()
    with ExitStack() as opened:
        checks: WarmChecks | None = None
        for step in steps:
            seen = [progress.passed.get(exercise.id) for exercise in step.exercises]
            if None in seen:
                checks = checks or opened.enter_context(warm_checks([step], folder))
                verdicts = checks.run(step, folder)
                seen = [verdict.passed for verdict in verdicts.all]
                if folder == CHAPTERS:
                    progress.note_verdicts(verdicts.by_exercise)
            if not all(seen):
                return step
    return steps[-1]
