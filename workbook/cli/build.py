"""`build`: makes the files that are derived from the solutions. A maintainer's command."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbook.course.errors import WorkbookError
from workbook.course.places import SOLUTIONS
from workbook.course.steps import all_steps, find_step


@click.command("build")
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option(
    "--check", "only_check", is_flag=True, help="Write nothing; say what is stale, and exit 1 then."
)
@click.option(
    "--site", metavar="DIR", help="Write only the chapters, as pages that open from a folder, into DIR."
)
def build_command(steps: tuple[str, ...], only_check: bool, site: str | None) -> int:
    """Make untouched starters, diagrams and notebooks' outputs anew from the solutions: all, or some steps'."""
    from workbook.checks.building import build

    if site is not None:
        if steps or only_check:
            raise click.UsageError("--site writes every chapter. Give it without a STEP and without --check.")
        return _write_site(Path(site).resolve())
    if not SOLUTIONS.is_dir():
        raise WorkbookError("There are no solutions here to build from.")
    chosen = tuple(find_step(step) for step in steps) or all_steps()
    stale = 0
    for built in build(chosen, only_check=only_check):
        stale += not built.current
        if built.current:
            click.echo(f"  current  {built}")
        elif only_check:
            click.echo(f"  stale    {built}")
        else:
            click.echo(f"  {'left' if built.remark else 'written'}  {built}")
        sys.stdout.flush()
    if only_check:
        click.echo(f"{stale} stale: `python -m workbook build` makes them anew." if stale else "All current.")
        return 1 if stale else 0
    return 0


def _write_site(folder: Path) -> int:
    from workbook.web.book import write_book

    pages = write_book(folder)
    click.echo(f"{pages} pages written. Open {folder / 'index.html'} in a browser.")
    return 0
