"""Makes a step's folder the starter again, and keeps what was there."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from .errors import WorkbookError
from .places import CHAPTERS, SOLUTIONS, STORED_STARTERS
from .starters import TEXTS, is_untouched, source_files, starter_files, write_starter
from .steps import Step


def reset(step: Step) -> Path | None:
    """Writes the starter of a step over its folder in chapters/, and returns the folder where the old files are now;
    None where the folder is the starter already.

    Everything is copied before anything is changed. The chapter's texts stay as they are. WorkbookError where a file
    cannot be read or written.
    """
    place, solution = CHAPTERS / step.name, SOLUTIONS / step.name
    if not SOLUTIONS.is_dir() and STORED_STARTERS.is_dir():
        solution = STORED_STARTERS / step.name  # a starter has no markers, so its own starter is the same
    if not solution.is_dir():
        raise WorkbookError(f"There is no {solution} to make the starter of step {step.number} from.")
    old = [file for file in source_files(place) if file.relative_to(place).as_posix() not in TEXTS]
    new = starter_files(solution)
    if is_untouched(place) and {file.relative_to(place) for file in old} == set(new):
        return None
    try:
        kept = _kept(place, old)
        for file in old:
            if file.relative_to(place) not in new:
                file.unlink()
        write_starter(solution, place)
    except OSError as error:
        raise WorkbookError(
            f"{error.filename or place} cannot be written ({error.strerror}). Nothing is lost: what could not be "
            "changed is as it was. Close it in other programs, and run reset again."
        ) from None
    return kept


def _kept(place: Path, files: list[Path]) -> Path:
    """Copies files into a new folder beside `place`."""
    kept = next(
        folder for n in count(1) if not (folder := place.with_name(f"{place.name}.kept-{n}")).exists()
    )
    for file in files:
        copy = kept / file.relative_to(place)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, copy)
    return kept
