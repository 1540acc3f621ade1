"""Runs of checks as jobs of a warm process, so that verdicts come soon after a save."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.course.errors import WorkbookError
from workbook.course.steps import find_step
from workbook.lab.allowed import Allowed
from workbook.lab.warm import Warm, answer_orders

from .run import Collected, collect

if TYPE_CHECKING:
    from workbook.lab.confined import Confined

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

    `arguments`: "step", "in", "only", "first", "ignore_needs", "database", "workers" and "seconds" (as for
    Collected.run), "place", a folder that is deleted after the run, and, where it was lent, "socket", the number of the
    socket that orders apps. With "allowed" (the fields of lab.confined.Allowed) the apps are confined; then "done" has
    "left_behind", too, the number of processes that the apps left, and "ended", why they were ended, or "".
    """
    tempfile.tempdir = arguments["place"]

    def check_with(collected: Collected) -> None:
        apps = Warm.over(arguments["socket"]) if "socket" in arguments else None
        confined = _confined(apps, arguments)
        verdicts = collected.run(
            Path(arguments["in"]),
            only=arguments["only"],
            first=arguments["first"],
            ignore_needs=arguments["ignore_needs"],
            database=arguments["database"],
            apps=confined.enter() if confined else apps,
            workers=arguments["workers"],
            seconds=arguments["seconds"],
            on_verdict=lambda verdict: report({"event": "verdict", "verdict": asdict(verdict)}),
        )
        done: dict[str, Any] = {"exercises": [asdict(verdict) for verdict in verdicts.exercises]}
        if confined:
            ended = confined.why_ended()
            collected.end()
            done |= {"ended": ended, "left_behind": confined.left_behind()}
        report({"event": "done", **done})

    try:
        if _found is not None:
            check_with(_found)
        else:
            collect(find_step(arguments["step"]), check_with)
    except WorkbookError as error:
        report({"event": "wrong", "error": str(error)})


def _confined(apps: Warm | None, arguments: dict[str, Any]) -> Confined | None:
    if arguments.get("allowed") is None or apps is None:
        return None
    from workbook.lab.confined import Confined

    return Confined(apps, Path(arguments["place"]), Allowed(**arguments["allowed"]))
