"""Notices every save in a folder, also where the system reports none."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbook.course.starters import NOT_SOURCE, source_files

# All writes within this time count as one save (milliseconds). Editors write a file in two or three moves a few
# milliseconds apart.
_BURST = 60
# How often `saves` looks at all files (milliseconds). Systems do not report a change that another computer made on a
# network drive, or one in a folder that was moved away and made again, as by `git switch` and `reset`.
_LOOK = 500

_Known = dict[Path, tuple[int, int, int]]


def saves(
    folders: Iterable[Path], stop: threading.Event, *, files: Iterable[Path] = ()
) -> Iterator[set[Path]]:
    """Gives, for each save in the folders from now on, the source files that changed, until `stop` is set.

    The single `files`, such as .env, count, too. Any of these folders and files may be missing for a while.
    """
    folders, files = list(folders), list(files)
    # Now, and not at the first `next()`: a save between the two would be lost.
    return _saves(folders, files, stop, _look_at(folders, files))


def _saves(
    folders: list[Path], files: list[Path], stop: threading.Event, known: _Known
) -> Iterator[set[Path]]:
    from watchfiles import watch

    while not stop.is_set():
        before, known = known, _look_at(folders, files)
        if gone_or_new := _differences(before, known):
            yield gone_or_new
        present = [folder for folder in folders if folder.is_dir()]
        if not present:
            stop.wait(_LOOK / 1000)
            continue
        try:
            told = watch(
                *present,
                stop_event=stop,
                debounce=_BURST * 5,
                step=_BURST,
                rust_timeout=_LOOK,
                yield_on_timeout=True,
                raise_interrupt=False,
            )
            for changes in told:
                before, known = known, _look_at(folders, files)
                changed = {Path(name) for _, name in changes}
                source = {file for file in changed if not _left_behind(file)} | _differences(before, known)
                if source:
                    yield source
                if (not changed and source) or any(not folder.is_dir() for folder in present):
                    break  # The system reported nothing: its watch may be on a folder that is gone.
        except FileNotFoundError:  # a folder that went just now
            continue


def _look_at(folders: Iterable[Path], files: Iterable[Path]) -> _Known:
    """What tells a file from the same file after a save: when it was written, its size, and its number on the disk."""
    known: _Known = {}
    for file in [*(file for folder in folders for file in source_files(folder)), *files]:
        try:
            found = file.stat()
        except OSError:  # it went just now
            continue
        known[file] = (found.st_mtime_ns, found.st_size, found.st_ino)
    return known


def _differences(before: _Known, after: _Known) -> set[Path]:
    return {file for file in {*before, *after} if before.get(file) != after.get(file)}


def _left_behind(file: Path) -> bool:
    return any(Path(part).match(pattern) for part in file.parts for pattern in NOT_SOURCE)
