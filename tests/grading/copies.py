"""A student's copy, made by `release`, and commands that run in it with the packages of this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from workbook.course.places import ROOT, SOLUTIONS
from workbook.course.starters import source_files, starter_of

# The command line itself. `python -m workbook` would set up an environment of the copy's own.
_COMMAND_LINE = "from workbook.cli.main import main; main()"


def run(
    root: Path, *arguments: str | Path, traceback: bool = False, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Runs a command of the workbook in `root`. Its output has no traceback, unless the test allows one."""
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND_LINE, *map(str, arguments)],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8", **settings},
    )
    assert traceback or "Traceback" not in done.stdout + done.stderr
    return done


def released(target: Path) -> Path:
    """The copy that `release` makes in `target`."""
    done = run(ROOT, "release", target)
    assert done.returncode == 0, done.stderr
    return target


def hand_over(copy: Path, step: str) -> None:
    """Puts the solution of a step into a copy, as a student's work: without the markers."""
    for file in source_files(SOLUTIONS / step):
        place = copy / "chapters" / step / file.relative_to(SOLUTIONS / step)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def starter(step: str) -> dict[str, str]:
    """The texts of a step's starter, by their place in its folder, derived afresh."""
    return {
        file.relative_to(SOLUTIONS / step).as_posix(): starter_of(file.read_text(encoding="utf-8"))
        for file in source_files(SOLUTIONS / step)
    }
