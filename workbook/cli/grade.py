"""`grade`: a class."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from workbook.course.errors import WorkbookError
from workbook.course.steps import all_steps, find_step


@click.command("grade")
@click.argument("submissions", nargs=-1, metavar="SUBMISSION...", required=True)
@click.option(
    "--report", metavar="DIR", default="grades", show_default=True, help="The folder for what comes out."
)
@click.option("--roster", metavar="FILE", help="A CSV file with the students of the class.")
@click.option(
    "--step", "wanted", multiple=True, metavar="STEP", help="Grade only this step; several times for more."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), help="So many submissions side by side (default: one a core)."
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Grade on the workers of the Dask scheduler at this address, such as tcp://10.0.0.5:8786.",
)
@click.option(
    "--timeout",
    type=click.IntRange(10, 86400),
    default=600,
    show_default=True,
    help="The longest time for one submission (seconds).",
)
@click.option("--partial", is_flag=True, help="Check exercises whose needs are not passed, too.")
@click.option("--again", is_flag=True, help="Grade all anew, also what is graded already.")
@click.option(
    "--trusted", is_flag=True, help="Run the submissions with your own rights, if nothing can confine them."
)
def grade_command(
    submissions: tuple[str, ...],
    report: str,
    roster: str | None,
    wanted: tuple[str, ...],
    workers: int | None,
    cluster: str | None,
    timeout: int,
    partial: bool,
    again: bool,
    trusted: bool,
) -> int:
    """Grade what a class has handed in: folders, archives, a folder of these, or an LMS's export.

    Each submission is copied and runs apart from everything else. The same command again goes on where it was stopped.
    Exit code 1 if something could not be checked.

    Several machines: `dask scheduler --host ADDRESS` on one; on each, in its clone of this workbook,
    `dask worker ADDRESS --nthreads 1`, once for each core; then --cluster ADDRESS here. Everyone who reaches the
    scheduler's port can run code on all these machines, so keep that port to a network of your own, or use Dask's TLS.
    """
    from workbook.grading.a_class import Settings, grade_class

    if workers is not None and cluster is not None:
        raise click.UsageError("Name --workers or --cluster: a cluster has as many as were started.")
    begun = time.monotonic()
    steps = tuple(find_step(one).name for one in wanted) or tuple(step.name for step in all_steps())
    settings = Settings(
        steps=tuple(sorted(set(steps))),
        roster=Path(roster) if roster else None,
        workers=workers,
        cluster=cluster,
        seconds=float(timeout),
        partial=partial,
        again=again,
        trusted=trusted,
    )
    try:
        graded = grade_class([Path(one) for one in submissions], Path(report), settings, say=_say)
    except KeyboardInterrupt:
        raise WorkbookError("Stopped. What is graded is kept: the same command goes on from here.") from None
    _say(f"{graded.sentence} {time.monotonic() - begun:.0f} s. See {graded.shown_first}.")
    return 1 if graded.unchecked else 0


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()
