"""Paths of the repository's folders."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"
SOLUTIONS = ROOT / "solutions"
DIAGRAMS = ROOT / "diagrams"
NOTEBOOKS = ROOT / "notebooks"
STEP_TESTS = ROOT / "tests" / "steps"
# The folder for what the workbook remembers between two commands. It is not committed, and losing it does no harm.
STATE = ROOT / ".workbook"
