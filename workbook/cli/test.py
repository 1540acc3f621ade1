"""`test`: every test and notebook."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from workbook.course.places import NOTEBOOKS, ROOT


@click.command("test", context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENT]...")
def test_command(arguments: tuple[str, ...]) -> int:
    """Run all tests and notebooks, on all cores. Arguments go to pytest; a file or folder among them is run alone."""
    everything = ["tests", *(str(path.relative_to(ROOT)) for path in sorted(NOTEBOOKS.glob("*.ipynb")))]
    environment = {name: value for name, value in os.environ.items() if name != "WORKBOOK_IN"}
    command = [
        *(sys.executable, "-m", "pytest", "--nbval", "-n", "auto", "--dist", "loadgroup"),
        *arguments,
        *(() if any((ROOT / one.partition("::")[0]).exists() for one in arguments) else everything),
    ]
    code = subprocess.call(command, cwd=ROOT, env=environment)
    return 0 if code == 0 else 1 if code == 1 else 2
