"""`grade`: a class."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbook.course.errors import WorkbookError
from workbook.course.steps import all_steps, find_step

if TYPE_CHECKING:
    from workbook.grading.reports.gradebooks import Format


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
@click.option(
    "--format",
    "formats",
    type=click.Choice(["canvas", "moodle", "gradescope"]),
    multiple=True,
    help="Write the points as this LMS takes them, too; several times for more.",
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
    formats: tuple[Format, ...],
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
        formats=tuple(dict.fromkeys(formats)),
    )
    try:
        with _Lines() as lines:
            graded = grade_class([Path(one) for one in submissions], Path(report), settings, lines)
            lines.say(f"{graded.sentence} {time.monotonic() - begun:.0f} s. See {graded.shown_first}.")
    except KeyboardInterrupt:
        raise WorkbookError("Stopped. What is graded is kept: the same command goes on from here.") from None
    return 1 if graded.unchecked else 0


class _Lines:
    """Prints lines, and on a terminal below them how far the run is and how long it will take."""

    def __enter__(self) -> _Lines:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(file=sys.stdout, highlight=False)
        self._bar = Progress(
            TextColumn("Graded:"),
            MofNCompleteColumn(),
            BarColumn(),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None)
        self._bar.start()
        self._heard = True
        return self

    def __exit__(self, *unused: object) -> None:
        self._bar.stop()

    def say(self, line: str) -> None:
        """Prints a line."""
        if not self._heard:
            return
        try:
            self._bar.console.print(line, markup=False, soft_wrap=True)
            sys.stdout.flush()
        except BrokenPipeError:
            # Nobody reads it any more. The results are in files all the same.
            self._heard = False

    def graded(self, done: int, of: int, line: str) -> None:
        """Prints a student's line."""
        self._bar.update(self._task, completed=done, total=of)
        self.say(f"{done} of {of}: {line}")
