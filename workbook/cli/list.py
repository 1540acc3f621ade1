"""`list`: the course as a map."""

from __future__ import annotations

import click

from workbook.course.points import Points, points_of
from workbook.course.progress import Progress, read_progress
from workbook.course.steps import Step, all_steps, find_step

_BAR = 14


@click.command("list")
@click.argument("step", required=False)
def list_command(step: str | None) -> None:
    """Show the steps, their exercises and points, what is done, and where you are.

    Without STEP the exercises of the step that you are in are shown, and of every other step the sum.
    """
    from rich.console import Console
    from rich.text import Text

    progress = read_progress()
    if progress.remark:
        click.echo(progress.remark, err=True)
    steps = all_steps()
    console = Console(highlight=False)
    unicode = console.encoding.lower().startswith("utf")
    yes, no, here_sign = ("✓", "·", "→") if unicode else ("+", ".", ">")
    here = _here(steps, progress)
    shown = find_step(step) if step else here
    for one in steps:
        passed = [e for e in one.exercises if progress.passed.get(e.id)]
        points = points_of(one.exercises, progress.passed)
        line = Text.assemble(
            f"{here_sign if one is here else ' '} ",
            (f"{one.name:<28}", "bold" if one is here else ""),
            f"{_bar(points, unicode)} {points}",
            style="green" if one.exercises and len(passed) == len(one.exercises) else "",
        )
        console.print(line)
        if shown and one.name == shown.name:
            for exercise in one.exercises:
                done = progress.passed.get(exercise.id)
                keep = "keep, " if exercise.keep else ""
                console.print(
                    Text(
                        f"      {yes if done else no} {exercise.id} {exercise.title} "
                        f"({keep}{exercise.points}{', passed' if done else ''})",
                        style="green" if done else "",
                    )
                )
    if not progress.passed:
        click.echo("Nothing is known yet: `python3 -m workbook check` looks.")
    elif here is None:
        click.echo("Every exercise is passed.")
    else:
        click.echo(f"As the last check saw it. You are at chapters/{here.name}/README.md")


def _here(steps: tuple[Step, ...], progress: Progress) -> Step | None:
    """The step that the student is in: the one that was worked on last or, where it is done, the next open one; None
    where every exercise is passed."""
    begin = next((number for number, step in enumerate(steps) if step.name == progress.last), 0)
    return next((s for s in (*steps[begin:], *steps) if not _done(s, progress.passed)), None)


def _done(step: Step, passed: dict[str, bool]) -> bool:
    return all(passed.get(exercise.id) for exercise in step.exercises)


def _bar(points: Points, unicode: bool) -> str:
    full = round(_BAR * points.earned / points.total) if points.total else _BAR
    return ("█" if unicode else "#") * full + ("░" if unicode else "-") * (_BAR - full)
