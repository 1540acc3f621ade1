"""`bring`: the database of the step before, for this step."""

from __future__ import annotations

import os
from pathlib import Path

import click

from workbook.course.places import CHAPTERS
from workbook.course.steps import find_step

from .options import folder_of, in_folder


@click.command("bring")
@click.argument("step")
@in_folder
def bring_command(step: str, folder: str | None) -> None:
    """Copy the users of the step before into STEP. A database that was there is kept beside the new one."""
    from workbook.course.bringing import bring

    found = find_step(step)
    place = folder_of(folder)
    for brought in bring(found, place):
        click.echo(f"{_shown(brought.target)} has the users of {_shown(brought.source)} now.")
        if brought.kept is not None:
            click.echo(f"The old database is {_shown(brought.kept)}.")
    if (place / found.name / "migrations").is_dir():
        click.echo("Next, `flask db upgrade` in the step's folder. The chapter tells you how far to upgrade.")
    if os.environ.get("DATABASE_URL"):
        click.echo("DATABASE_URL is set in this shell: there your app uses that database, and not the file.")


def _shown(path: Path) -> str:
    return str(path.relative_to(CHAPTERS.parent)) if path.is_relative_to(CHAPTERS.parent) else str(path)
