"""Runs of checks as jobs of a warm process, so that verdicts come soon after a save."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.steps import find_step
from workbook.lab.warm import Warm, answer_orders

from .run import Collected, collect

Report = Callable[[dict[str, Any]], None]

# The tests that the parent of this forked process found.
_found: Collected | None = None


def wait(arguments: dict[str, Any], report: Report) -> None:
    """Finds the tests of a "step", and then forks a child for each order from the socket with the number "socket"."""

    def wait_with(collected: Collected) -> None:
        global _found
        _found = collected
        answer_orders(socket.socket(fileno=arguments["socket"]))

    try:
        collect(find_step(arguments["step"]), wait_with)
    except WorkbookError as error:
        report({"event": "wrong", "error": str(error)})


def check(arguments: dict[str, Any], report: Report) -> None:
    """Runs the checks of one step. Reports {"event": "verdict", "verdict": …} as each is final, and at the end
    {"event": "done", "exercises": […]} with all of them in their order, or {"event": "wrong", "error": …}.

    `arguments`: "step", "in", "only", "first", "ignore_needs", "database" and "workers" (as for Collected.run),
    "place", a folder that is deleted after the run, and, where it was lent, "socket", the number of the socket that
    orders apps.
    """
    tempfile.tempdir = arguments["place"]

    def check_with(collected: Collected) -> None:
        verdicts = collected.run(
            Path(arguments["in"]),
            only=arguments["only"],
            first=arguments["first"],
            ignore_needs=arguments["ignore_needs"],
            database=arguments["database"],
            apps=Warm.over(arguments["socket"]) if "socket" in arguments else None,
            workers=arguments["workers"],
            on_verdict=lambda verdict: report({"event": "verdict", "verdict": asdict(verdict)}),
        )
        report({"event": "done", "exercises": [asdict(verdict) for verdict in verdicts.exercises]})

    try:
        if _found is not None:
            check_with(_found)
        else:
            collect(find_step(arguments["step"]), check_with)
    except WorkbookError as error:
        report({"event": "wrong", "error": str(error)})
