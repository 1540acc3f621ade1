"""`hint`: one hint more each time."""

from __future__ import annotations

import click

from workbook.course.errors import WorkbookError
from workbook.course.progress import read_progress
from workbook.course.steps import all_steps, find_exercise


@click.command("hint")
@click.argument("exercise", required=False)
def hint_command(exercise: str | None) -> None:
    """Show the next hint for an exercise, and the one before again.

    Without EXERCISE it is the first one that is not passed.
    """
    from rich.console import Console
    from rich.markdown import Markdown

    progress = read_progress()
    if progress.remark:
        click.echo(progress.remark, err=True)
    wanted = exercise or _first_open(progress.passed)
    step, found = find_exercise(wanted)
    last = len(found.hints)
    if not last:
        raise WorkbookError(
            f"Exercise {found.id} has no hints. Its text is in chapters/{step.name}/README.md."
        )
    shown = min(progress.hints.get(found.id, 0) + 1, last)
    console = Console(highlight=False)
    console.print(f"[bold]{found.id} {found.title}[/bold]")
    for number in range(max(shown - 1, 1), shown + 1):
        console.print(f"\n[bold]Hint {number} of {last}[/bold]")
        console.print(Markdown(found.hints[number - 1], code_theme="ansi_dark"))
    if shown == last:
        console.print(f"\nThat was the last one. The lesson is in chapters/{step.name}/README.md.")
    progress.note_hint(found.id, shown)
    if progress.remark:
        click.echo(progress.remark, err=True)


def _first_open(passed: dict[str, bool]) -> str:
    for step in all_steps():
        for exercise in step.exercises:
            if not passed.get(exercise.id):
                return exercise.id
    raise WorkbookError("Every exercise is passed. Name one to see its hints, such as: hint 1.3")
