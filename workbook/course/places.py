"""Paths of the repository's folders."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"
SOLUTIONS = ROOT / "solutions"
DIAGRAMS = ROOT / "diagrams"
NOTEBOOKS = ROOT / "notebooks"
STEP_TESTS = ROOT / "tests" / "steps"
# Only a student's copy, which `release` makes, has this folder. It has what the checks and `reset` otherwise take from
# the solutions.
RELEASE = ROOT / ".release"
STORED_STARTERS = RELEASE / "starters"
# The folder of step folders that a notebook and pytest run, if none is named.
DEFAULT_FOLDER = CHAPTERS if RELEASE.is_dir() else SOLUTIONS
# The folder for what the workbook remembers between two commands. It is not committed, and losing it does no harm.
STATE = ROOT / ".workbook"
