"""Brings the database of the step before into a step's folder, and keeps what was there."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from .errors import WorkbookError
from .steps import Step, all_steps

# Flask's own name for the folder of what a running app writes.
_INSTANCE = "instance"
# How every SQLite database begins (sqlite.org/fileformat.html, 1.3).
_SQLITE = b"SQLite format 3\0"
# SQLITE_BUSY and SQLITE_LOCKED (sqlite.org/rescode.html).
_HELD = (5, 6)
# How long the copying waits for another program that holds the database (seconds).
_PATIENCE = 5.0


@dataclass(frozen=True)
class Brought:
    """The database that was copied, the one that it became, and the copy of what was there before, if anything was."""

    source: Path
    target: Path
    kept: Path | None


def bring(step: Step, folder: Path) -> list[Brought]:
    """Copies each SQLite database of the step before into the step's folder; `folder` has the step folders.

    SQLite itself copies, in one transaction: an app that runs meanwhile sees the old users or the new ones.
    WorkbookError where there is nothing to bring, or where a file cannot be read or written.
    """
    place = folder / step.name
    if not place.is_dir():
        raise WorkbookError(f"There is no folder {place}. `--in DIR` names the folder that has it.")
    before = _before(step)
    found = _databases(folder / before.name / _INSTANCE) if before else []
    if before is None or not found:
        named = f"Step {before.number}" if before else f"The step before {step.number}"
        raise WorkbookError(
            f"{named} has no database file to bring. Log in to its app once, or begin step {step.number} with an "
            "empty database."
        )
    return [_bring(source, place / _INSTANCE) for source in found]


def _before(step: Step) -> Step | None:
    steps = all_steps()
    number = steps.index(step)
    return steps[number - 1] if number else None


def _databases(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [file for file in sorted(folder.glob("*.db")) if file.is_file() and _begins_like_one(file)]


def _begins_like_one(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            return opened.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise WorkbookError(f"{file} cannot be read ({error.strerror}).") from None


def _bring(source: Path, instance: Path) -> Brought:
    target = instance / source.name
    kept = _free(target) if target.exists() and target.stat().st_size else None
    try:
        instance.mkdir(exist_ok=True)
        if kept:
            _copy(target, kept)
        _copy(source, target)
    except (sqlite3.Error, OSError) as error:
        if kept and kept.exists() and not kept.stat().st_size:
            kept.unlink()
        raise WorkbookError(
            f"{source} cannot be brought to {target} ({error}). Stop the apps of both steps, and run the same command "
            "again. Nothing is lost."
        ) from None
    return Brought(source, target, kept)


def _free(target: Path) -> Path:
    """A name beside a database that no file has yet."""
    return next(name for n in count(1) if not (name := target.with_name(f"{target.name}.kept-{n}")).exists())


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        until = time.monotonic() + _PATIENCE

        # Python tries a locked database again without end (docs.python.org, sqlite3, Connection.backup).
        def give_up(status: int, remaining: int, total: int) -> None:
            if status in _HELD and time.monotonic() > until:
                raise sqlite3.OperationalError("another program holds it")

        old.backup(new, progress=give_up, sleep=0.05)
