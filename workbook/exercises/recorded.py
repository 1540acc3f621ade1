"""Records the flows that are drawn for a step, from the app in a folder."""

from __future__ import annotations

from pathlib import Path

from workbook.course.errors import WorkbookError
from workbook.course.steps import Step
from workbook.flow.messages import Flow
from workbook.lab.browser import NoAnswer
from workbook.lab.running import AppFailed
from workbook.lab.site import Site
from workbook.lab.visits import RECORDED, WITH_DATABASE, NotAsked
from workbook.lab.warm import Warm

# With the same seed the providers give the same tokens, so that two recordings of one app are equal.
SEED = 1


def flow_names(step: Step) -> list[str]:
    """The names of the flows of a step, the most complete one first."""
    names = list(RECORDED.get(step.name, ()))
    if not names:
        raise WorkbookError(f"Step {step.name} has no flow to draw.")
    return names


def record(step: Step, folder: Path, name: str, warm: Warm, *, strict: bool = False) -> Flow:
    """The flow of that name, as the app in `folder` (a folder of step folders) makes it now.

    If the app does not do what the visit expects, the flow has the messages until then; with `strict` that is an error.
    """
    title, visit = RECORDED[step.name][name]
    place = folder / step.name
    if not place.is_dir():
        raise WorkbookError(f"There is no folder {place}. `--in DIR` names the folder that has it.")
    try:
        with Site(place, warm, seed=SEED, watch_tables=step.name in WITH_DATABASE) as site:
            since = None
            try:
                since = visit(site)
            except (NotAsked, NoAnswer) as error:
                if strict:
                    raise WorkbookError(f"{place}: {error}.") from None
            return site.flow(title, since if isinstance(since, int) else 0)
    except AppFailed as error:
        raise WorkbookError(f"The app in {place} does not start: {error.error}.") from None
