"""A run of checks as a job of a warm process, so that a save is answered at once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.steps import find_step
from workbook.lab.warm import Warm

from .run import run_checks


def check(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """Runs the checks of one step. Reports {"event": "verdict", "verdict": …} as each stands, and at the end {"event":
    "done", "exercises": […]} with all of them in their order, or {"event": "wrong", "error": …}.

    `arguments`: "step", "in", "only", "first", "ignore_needs", "database" and "workers" (as for run_checks), "place", a
    folder for what does not outlive the run, and, where it was lent, "socket", the number of the one that orders apps.
    """
    tempfile.tempdir = arguments["place"]
    try:
        verdicts = run_checks(
            find_step(arguments["step"]),
            Path(arguments["in"]),
            only=arguments["only"],
            first=arguments["first"],
            ignore_needs=arguments["ignore_needs"],
            database=arguments["database"],
            apps=Warm.over(arguments["socket"]) if "socket" in arguments else None,
            workers=arguments["workers"] if "socket" in arguments else 1,
            on_verdict=lambda verdict: report({"event": "verdict", "verdict": asdict(verdict)}),
        )
    except WorkbookError as error:
        report({"event": "wrong", "error": str(error)})
    else:
        report({"event": "done", "exercises": [asdict(verdict) for verdict in verdicts.exercises]})
