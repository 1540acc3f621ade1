"""`test`: every test and notebook, or those that a change touches."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from workbook.course.errors import WorkbookError
from workbook.course.places import NOTEBOOKS, RELEASE, ROOT


@click.command("test", context_settings={"ignore_unknown_options": True})
@click.option(
    "--changed",
    "base",
    is_flag=False,
    flag_value="",
    metavar="[BASE]",
    help="Run only the tests that a change touches, the nearest first, in under a minute. The change is all that "
    "differs from the commit where this branch left BASE. Without BASE it is what is not committed, or else the last "
    "commit.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENT]...")
def test_command(base: str | None, arguments: tuple[str, ...]) -> int:
    """Run all tests and notebooks, on all cores. Arguments go to pytest; a file or folder among them is run alone.

    A student's copy has the tests of the local providers, and runs these.
    """
    if base is not None and RELEASE.is_dir():
        raise WorkbookError(
            "--changed is for changes to the workbook itself. A student's copy has no such tests."
        )
    if base is not None:
        command = [sys.executable, "-m", "tests.changed", base, *arguments]
    else:
        # In a student's copy, `check` and a notebook run the tests of the steps, and fail at open exercises.
        notebooks = [str(path.relative_to(ROOT)) for path in sorted(NOTEBOOKS.glob("*.ipynb"))]
        everything = ["tests", *(["--ignore=tests/steps"] if RELEASE.is_dir() else notebooks)]
        command = [
            *(sys.executable, "-m", "pytest", "--nbval", "-n", "auto", "--dist", "loadgroup"),
            *arguments,
            *(() if any((ROOT / one.partition("::")[0]).exists() for one in arguments) else everything),
        ]
    environment = {name: value for name, value in os.environ.items() if name != "WORKBOOK_IN"}
    code = subprocess.call(command, cwd=ROOT, env=environment)
    return 0 if code == 0 else 1 if code == 1 else 2
