"""`hand-in`: the archive of a student's work."""

from __future__ import annotations

from pathlib import Path

import click

from workbook.course.steps import all_steps

from .check import check_steps, remember
from .options import folder_of, in_folder


@click.command("hand-in")
@in_folder
@click.option(
    "--output", metavar="FILE", help="Write this file (default: hand-in-DATE.zip beside the folder)."
)
@click.option("--no-check", is_flag=True, help="Pack without a check.")
def hand_in_command(folder: str | None, output: str | None, no_check: bool) -> int:
    """Check all steps, and pack your own files into one archive. Exit code 1 if an exercise is open.

    Settings, databases and whatever your app leaves behind are not packed.
    """
    from workbook.grading.handing_in import pack, write

    place = folder_of(folder)
    packed = pack(place)
    open_ones: list[str] = []
    if not no_check:
        steps = tuple(step for step in all_steps() if (place / step.name).is_dir())
        verdicts = check_steps(steps, (), place)
        remember(place, verdicts)
        open_ones = [verdict.id for verdict in verdicts.all if not verdict.passed]
        if open_ones:
            click.echo(f"Still open: {', '.join(open_ones)}. The archive is made all the same.")
    file = write(packed, place, Path(output).absolute() if output else None)
    for name, size in packed.files.items():
        click.echo(f"{size:>9}  {name}")
    for line in packed.left_out:
        click.echo(f"Left out: {line}.")
    click.echo(f"{file} has {len(packed.files)} files. SHA-256: {packed.digest}")
    return 1 if open_ones else 0
