"""A run of checks as a job of a warm process, so that a save is answered at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbook.lab.warm import Warm

# Loaded before the fork.
PRELOAD = (
    "pytest",
    "workbook.checks.run",
    "workbook.exercises.causes",
    "workbook.lab.site",
    "workbook.flow.compare",
    "bs4",
)

# The warm process for apps that this process was lent; None where it makes one of its own.
lent: Warm | None = None


def check(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """Runs the checks of one step. Reports {"event": "done", "verdicts": …}, or "wrong" with its "error".

    `arguments`: "step", "in", "only", "ignore_needs", "database" (as for run_checks), and, where it was lent,
    "socket", the number of the one that orders apps.
    """
    global lent
    from workbook.course.errors import WorkbookError
    from workbook.course.steps import find_step

    from .run import run_checks

    if "socket" in arguments:
        lent = Warm.over(arguments["socket"])
    try:
        verdicts = run_checks(
            [find_step(arguments["step"])],
            Path(arguments["in"]),
            only=arguments["only"],
            ignore_needs=arguments["ignore_needs"],
            database=arguments["database"],
        )
    except WorkbookError as error:
        report({"event": "wrong", "error": str(error)})
    else:
        report({"event": "done", "verdicts": verdicts.to_json()})
