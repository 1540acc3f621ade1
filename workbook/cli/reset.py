"""`reset`: the starter again."""

from __future__ import annotations

import click

from workbook.course.steps import find_step


@click.command("reset")
@click.argument("step")
def reset_command(step: str) -> None:
    """Make a step's starter again, and keep the old files beside it."""
    from workbook.course.resetting import reset

    found = find_step(step)
    kept = reset(found)
    where = f"chapters/{found.name}"
    if kept is None:
        click.echo(f"{where} is the starter already: nothing was changed.")
        return
    click.echo(f"{where} is the starter again. What was there is in chapters/{kept.name}.")
    click.echo("A file that is open in your editor: load it again, and do not save the old one over it.")
