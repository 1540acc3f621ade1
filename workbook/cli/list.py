"""`list`: the course as a map."""

from __future__ import annotations

import click

from workbook.course.progress import read_progress
from workbook.course.steps import Step, all_steps, find_step

_BAR = 20


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
    here = next((s for s in steps if not _done(s, progress.passed)), None)
    shown = find_step(step) if step else here
    for one in steps:
        passed = [e for e in one.exercises if progress.passed.get(e.id)]
        points, total = sum(e.points for e in passed), sum(e.points for e in one.exercises)
        line = Text.assemble(
            f"{here_sign if one is here else ' '} ",
            (f"{one.name:<28}", "bold" if one is here else ""),
            f"{_bar(points, total, unicode)} {points:>3} of {total:>3} points",
            style="green" if one.exercises and len(passed) == len(one.exercises) else "",
        )
        console.print(line)
        if shown and one.name == shown.name:
            for exercise in one.exercises:
                done = progress.passed.get(exercise.id)
                keep = "keep, " if exercise.keep else ""
                console.print(
                    Text(
                        f"      {yes if done else no} {exercise.id} {exercise.title} ({keep}{exercise.points})",
                        style="green" if done else "",
                    )
                )
    if not progress.passed:
        click.echo("Nothing is known yet: `python3 -m workbook check` looks.")
    elif here is None:
        click.echo("Every exercise is passed.")
    else:
        click.echo(f"As the last check saw it. You are at chapters/{here.name}/README.md")


def _done(step: Step, passed: dict[str, bool]) -> bool:
    return all(passed.get(exercise.id) for exercise in step.exercises)


def _bar(points: int, total: int, unicode: bool) -> str:
    full = round(_BAR * points / total) if total else _BAR
    return ("█" if unicode else "#") * full + ("░" if unicode else "-") * (_BAR - full)
