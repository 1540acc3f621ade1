"""Whether this machine can keep submissions apart from everything else: tried, and not guessed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT
from workbook.lab.environments import bare_environment
from workbook.lab.memory import folder_in_memory
from workbook.lab.warm import CAN_FORK, Warm

# The words of the report for what held.
NAMESPACES = "namespaces: own loopback network, files, processes and user, limits, no rights"
FILTERED = f"{NAMESPACES}, filtered system calls"
NOTHING = "nothing (--trusted)"

_WHAT_TO_DO = (
    "Grade in a virtual machine, or on a Linux that allows it (on Windows: WSL 2; in a container: as root with the "
    "right SYS_ADMIN), or say --trusted if you have read every submission: then their code runs with your own rights."
)


def isolated_by() -> str:
    """What keeps submissions apart on this machine, in a few words. WorkbookError says what is missing and what to
    do."""
    if not CAN_FORK:
        raise WorkbookError(f"Submissions cannot be kept apart here, for only Linux can. {_WHAT_TO_DO}")
    problem, filtered = _tried()
    if problem:
        raise WorkbookError(f"Submissions cannot be kept apart here: {problem.rstrip('.')}. {_WHAT_TO_DO}")
    return FILTERED if filtered else NAMESPACES


def _tried() -> tuple[str, bool]:
    """Confines a harmless job that looks around; returns what was wrong, or "", and whether it had system calls
    filtered."""
    with folder_in_memory("isolation") as place, Warm(("workbook.lab.serve", "flask")) as apps:
        end = apps.another_end()
        with Warm((__name__,)) as checks:
            child = checks.run(
                f"{__name__}:try_out",
                {"place": place},
                folder=Path(place),
                environment=bare_environment(),
                log=Path(place) / "log",
                hand_over=end,
            )
            end.close()
            said = next(child.reports(), {})
            child.stop()
    return str(said.get("problem", "the trial ended without a word")), bool(said.get("filtered"))


def try_out(arguments: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
    """The job of a trial: reports {"problem": …, "filtered": …}; the problem is "" where all holds."""
    import tempfile

    from workbook.lab.confined import Confined
    from workbook.lab.rooms import new_room

    tempfile.tempdir = arguments["place"]
    try:
        confined = Confined(Warm.over(arguments["socket"]), Path(arguments["place"]))
        apps = confined.enter()
        child = apps.run(
            "workbook.lab.surroundings:look",
            {"hidden": [str(ROOT / name) for name in ("solutions", "tests", "chapters", ".git")]},
            folder=new_room("trial-"),
            environment=bare_environment(),
            log=Path(arguments["place"]) / "trial.log",
        )
        said = next(child.reports(), {"problem": "a confined process ended without a word"})
        report({"problem": said.get("problem", ""), "filtered": said.get("filtered", False)})
    except (WorkbookError, RuntimeError, OSError) as error:
        report({"problem": str(error)})
