"""Makes what is derived from the solutions: starters, diagrams, the notebooks' outputs. Or says what is stale."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.course.moved import PAGE, STEP_05, where_it_went
from workbook.course.places import CHAPTERS, DIAGRAMS, NOTEBOOKS, ROOT, SOLUTIONS
from workbook.course.starters import TEXTS, is_current, is_untouched, source_files, write_starter
from workbook.course.steps import Step
from workbook.exercises.recorded import record
from workbook.exercises.tables import SHOWN, entity_diagram
from workbook.lab.visits import RECORDED
from workbook.lab.warm_apps import warm_for_apps

from .repeated import left_out

# How many kernels are tried for a notebook, until one begins.
_KERNELS = 3


@dataclass(frozen=True)
class Built:
    """One derived thing: where it is, whether it was as it should be, and what there is to say of it."""

    place: Path
    current: bool
    remark: str = ""

    def __str__(self) -> str:
        name = self.place.relative_to(ROOT).as_posix()
        return f"{name}: {self.remark}" if self.remark else name


def build(steps: tuple[Step, ...], *, only_check: bool) -> Iterator[Built]:
    """Makes everything that is derived for these steps anew, and gives each as it is done.

    With `only_check` nothing is written, and `current` says whether it would have changed.
    """
    for step in steps:
        if (SOLUTIONS / step.name).is_dir():
            yield _starter(step, only_check)
        if step.name == STEP_05:
            yield _file(CHAPTERS / step.name / PAGE, where_it_went(), only_check)
    with ExitStack() as opened:
        warm = opened.enter_context(warm_for_apps())
        for step in steps:
            for name in RECORDED.get(step.name, ()):
                from workbook.flow.mermaid import to_mermaid

                text = to_mermaid(record(step, SOLUTIONS, name, warm, strict=True))
                yield from _diagram(f"{step.name}.{name}", text, only_check)
            for shown in SHOWN.get(step.name, ()):
                yield from _diagram(f"{shown}.entities", entity_diagram(SOLUTIONS / shown, warm), only_check)
    for step in steps:
        notebook = NOTEBOOKS / f"{step.name}.ipynb"
        if notebook.is_file():
            yield _notebook(notebook, only_check)


def _starter(step: Step, only_check: bool) -> Built:
    place, solution = CHAPTERS / step.name, SOLUTIONS / step.name
    begun = [file for file in source_files(place) if file.name not in TEXTS]
    if begun and not is_untouched(place):
        return Built(place, False, "has been edited, so it is left alone; `reset` makes the starter again")
    current = bool(begun) and is_current(solution, place)
    if not current and not only_check:
        write_starter(solution, place)
    return Built(place, current)


def _diagram(name: str, text: str, only_check: bool) -> Iterator[Built]:
    from workbook.flow.pictures import PicturesUnavailable, to_svg

    yield _file(DIAGRAMS / f"{name}.mmd", text, only_check)
    try:
        svg = to_svg(text, left_out(name))
    except PicturesUnavailable as error:
        yield Built(DIAGRAMS / f"{name}.svg", True, f"not looked at: {error}")
    else:
        yield _file(DIAGRAMS / f"{name}.svg", svg, only_check)


def _file(place: Path, text: str, only_check: bool) -> Built:
    current = place.is_file() and place.read_text(encoding="utf-8") == text
    if not current and not only_check:
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
    return Built(place, current)


def _notebook(place: Path, only_check: bool) -> Built:
    import nbformat

    stored = nbformat.read(place, as_version=4)  # type: ignore[no-untyped-call]
    fresh = nbformat.from_dict(stored)  # type: ignore[no-untyped-call]
    _execute(fresh)
    for cell in fresh.cells:
        cell.get("metadata", {}).pop("execution", None)  # times, different in every run
    current = bool(_compared(stored) == _compared(fresh)) and (only_check or _painted_alike(stored, fresh))
    if not only_check and not current:
        nbformat.write(fresh, place)  # type: ignore[no-untyped-call]
    return Built(place, current)


def _execute(notebook: Any) -> None:
    """Runs all cells of a notebook, and keeps their outputs in it.

    Jupyter chooses free ports, and tells the kernel. Until the kernel listens there, another program can take one. Such
    a kernel ends before it runs a cell, so another one is tried.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    environment = {name: value for name, value in os.environ.items() if name != "WORKBOOK_IN"}
    for left in reversed(range(_KERNELS)):
        client = NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            coalesce_streams=True,  # what a cell prints comes in one piece or in several, by chance
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(ROOT)}},
        )
        try:
            client.execute(env=environment)
        except DeadKernelError:  # it ran, and a cell ended it
            raise
        except RuntimeError:
            if not left:
                raise
        else:
            return


def _painted_alike(stored: object, fresh: object) -> bool:
    """Whether the pictures are the same bytes, where this machine can paint them. Another machine may paint them in
    other bytes, so only making anew asks."""
    return all(
        before == after for before, after in zip(_pictures(stored), _pictures(fresh), strict=True) if after
    )


def _pictures(notebook: object) -> list[str | None]:
    return [
        output.get("data", {}).get("image/png")
        for cell in notebook.cells  # type: ignore[attr-defined]
        for output in cell.get("outputs", ())
    ]


def _compared(notebook: object) -> list[object]:
    """What nbval compares: text, not pictures."""
    return [_outputs(cell) for cell in notebook.cells]  # type: ignore[attr-defined]


def _outputs(cell: Any) -> list[object]:
    return [
        (output["name"], output["text"])
        if output.get("output_type") == "stream"
        else dict(output.get("data", {}), **{"image/png": None})
        for output in cell.get("outputs", ())
    ]
