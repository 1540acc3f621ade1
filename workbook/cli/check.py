"""`check`: verdicts."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from workbook.checks.many import check_many, folders_of_work
from workbook.checks.verdicts import Verdict, Verdicts
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
@click.option(
    "--stream", is_flag=True, help="With --json: one object a line, each verdict as soon as it is there."
)
@click.option("--watch", is_flag=True, help="Check again at every save.")
def check_command(
    what: tuple[str, ...], folders: tuple[str, ...], as_json: bool, stream: bool, watch: bool
) -> int:
    """Say which exercises pass, and why the others do not."""
    steps, exercises = chosen(what)
    places = folders_of_work([folder_of(folder) for folder in folders or [None]], steps)
    if stream and not as_json:
        raise click.UsageError("--stream goes with --json.")
    if len(places) > 1:
        if watch or stream:
            raise click.UsageError(
                f"--{'watch' if watch else 'stream'} takes one folder. Name one with --in."
            )
        return _many(steps, exercises, places, as_json)
    (place,) = places
    if watch:
        if as_json:
            raise click.UsageError("--watch and --json do not go together.")
        _watch(steps, place)
        return 0
    verdicts = check_steps(steps, exercises, place, as_json=as_json, stream=stream)
    remember(place, verdicts)
    return 0 if verdicts.all_passed else 1


def check_steps(
    steps: tuple[Step, ...],
    exercises: tuple[str, ...],
    place: Path,
    *,
    as_json: bool = False,
    stream: bool = False,
) -> Verdicts:
    """Checks the steps one after the other; prints each verdict as soon as it is final."""
    from workbook.checks.warm_checks import warm_checks

    with warm_checks(steps, place) as checks:
        # The modules for printing are loaded while the warm processes load what they need.
        from workbook.checks.printing import Printer

        printer = Printer()

        def say(verdict: Verdict) -> None:
            if stream and exercises and verdict.id not in exercises:
                return
            if stream:
                _print_json({"verdict": asdict(verdict)})
            elif not as_json:
                printer.verdict(verdict)

        open_last = _open_last(place)
        verdicts = Verdicts(
            tuple(
                found
                for step in steps
                for found in checks.run(
                    step,
                    place,
                    only=[id for id in exercises if id in {exercise.id for exercise in step.exercises}],
                    first=[exercise.id for exercise in step.exercises if exercise.id in open_last],
                    on_verdict=say,
                ).steps
            )
        )
    if as_json:
        _print_json(verdicts.to_json())
    else:
        printer.summary(verdicts)
    return verdicts


def _print_json(data: dict[str, Any]) -> None:
    print(json.dumps(data, ensure_ascii=True), flush=True)


def _open_last(place: Path) -> set[str]:
    """The student's exercises that were open when they were checked last."""
    return {id for id, passed in read_progress().passed.items() if not passed} if place == CHAPTERS else set()


def _many(
    steps: tuple[Step, ...], exercises: tuple[str, ...], places: tuple[Path, ...], as_json: bool
) -> int:
    """One line for each student, and their sum."""
    from workbook.checks.printing import Printer

    printer = Printer()
    every = []
    for checked in check_many(steps, places, exercises):
        every.append(checked)
        if not as_json:
            printer.student(checked)
    if as_json:
        students = [{"folder": str(one.folder), **one.verdicts.to_json()} for one in every]
        _print_json({"students": students})
    else:
        printer.students(every)
    return 0 if all(one.verdicts.all_passed for one in every) else 1


def _watch(steps: tuple[Step, ...], place: Path) -> None:
    from workbook.checks.printing import Printer
    from workbook.checks.watch import watch_and_check

    printer = Printer()

    def begin(step: Step) -> None:
        printer.console.rule(f"{step.number} {step.title}", align="left")

    def end(step: Step, verdicts: Verdicts) -> None:
        printer.summary(verdicts)
        remember(place, verdicts)

    watch_and_check(steps, place, end, threading.Event(), on_step=begin, on_verdict=printer.verdict)


def remember(place: Path, verdicts: Verdicts) -> None:
    """Keeps the verdicts on the student's own exercises, and on no others."""
    if place == CHAPTERS:
        progress = read_progress()
        steps = [step.step for step in verdicts.steps]
        progress.note_verdicts(verdicts.by_exercise, at=steps[0] if len(steps) == 1 else "")
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
