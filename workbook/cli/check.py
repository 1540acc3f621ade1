"""`check`: verdicts."""

from __future__ import annotations

import json
import re
import sys
import threading
from pathlib import Path

import click

from workbook.checks.many import check_many, folders_of_work
from workbook.checks.verdicts import Verdicts
from workbook.course.places import CHAPTERS
from workbook.course.progress import read_progress
from workbook.course.steps import Step, all_steps, find_exercise, find_step

from .options import folder_of


@click.command("check")
@click.argument("what", nargs=-1, metavar="[STEP or EXERCISE]...")
@click.option(
    "--in",
    "folders",
    metavar="DIR",
    multiple=True,
    help="The folder of step folders (default: chapters). Several, or a folder of such folders: one line for each.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, and nothing else.")
@click.option("--watch", is_flag=True, help="Check again at every save.")
def check_command(what: tuple[str, ...], folders: tuple[str, ...], as_json: bool, watch: bool) -> int:
    """Say which exercises pass, and why the others do not."""
    steps, exercises = chosen(what)
    places = folders_of_work([folder_of(folder) for folder in folders or [None]], steps)
    if len(places) > 1:
        if watch:
            raise click.UsageError("--watch watches one folder. Name one with --in.")
        return _many(steps, exercises, places, as_json)
    (place,) = places
    if watch:
        if as_json:
            raise click.UsageError("--watch and --json do not go together.")
        _watch(steps, place)
        return 0
    if as_json:
        from workbook.checks.run import run_checks

        verdicts = run_checks(steps, place, only=exercises)
        json.dump(verdicts.to_json(), sys.stdout, ensure_ascii=True)
        print()
    else:
        from workbook.checks.printing import Printer
        from workbook.checks.run import run_checks

        printer = Printer()
        verdicts = run_checks(steps, place, only=exercises, on_verdict=printer.verdict)
        printer.summary(verdicts)
    _remember(place, verdicts)
    return 0 if verdicts.all_passed else 1


def _many(
    steps: tuple[Step, ...], exercises: tuple[str, ...], places: tuple[Path, ...], as_json: bool
) -> int:
    """One line for each student, and what it comes to."""
    from workbook.checks.printing import Printer

    printer = Printer()
    every = []
    for checked in check_many(steps, places, exercises):
        every.append(checked)
        if not as_json:
            printer.student(checked)
    if as_json:
        students = [{"folder": str(one.folder), **one.verdicts.to_json()} for one in every]
        json.dump({"students": students}, sys.stdout, ensure_ascii=True)
        print()
    else:
        printer.students(every)
    return 0 if all(one.verdicts.all_passed for one in every) else 1


def _watch(steps: tuple[Step, ...], place: Path) -> None:
    from workbook.checks.printing import Printer
    from workbook.checks.watch import watch_and_check

    printer = Printer()

    def show(step: Step, verdicts: Verdicts) -> None:
        printer.console.rule(f"{step.number} {step.title}", align="left")
        for verdict in verdicts.all:
            printer.verdict(verdict)
        printer.summary(verdicts)
        _remember(place, verdicts)

    watch_and_check(steps, place, show, threading.Event())


def _remember(place: Path, verdicts: Verdicts) -> None:
    """Keeps what is known of the student's own exercises, and of nobody else's."""
    if place == CHAPTERS:
        progress = read_progress()
        progress.note_verdicts(verdicts.by_exercise)
        if progress.remark:
            click.echo(progress.remark, err=True)


def chosen(what: tuple[str, ...]) -> tuple[tuple[Step, ...], tuple[str, ...]]:
    """The steps, and the exercises in them, that the arguments mean; without arguments every step."""
    if not what:
        return all_steps(), ()
    steps: dict[str, Step] = {}
    exercises: list[str] = []
    for word in what:
        if re.fullmatch(r"\d+\.\d+", word):
            step, exercise = find_exercise(word)
            exercises.append(exercise.id)
        else:
            step = find_step(word)
            if len(what) > 1:
                exercises.extend(e.id for e in step.exercises)
        steps[step.name] = step
    return tuple(sorted(steps.values(), key=lambda step: step.name)), tuple(exercises)
