"""`release`: a copy for students, without solutions. An instructor's command."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("release")
@click.argument("folder", metavar="DIR")
def release_command(folder: str) -> None:
    """Make a copy of the workbook for students in DIR, a new folder. It has no solutions and no answers."""
    from workbook.grading.releasing import release

    made = release(Path(folder))
    click.echo(f"{made.place} has {len(made.steps)} steps in {made.files} files, {made.size / 1e6:.1f} MB.")
    click.echo("Students run `python3 -m workbook start` in it.")
