"""Folders for the files that an app may write: its own copy, and its database."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

_apart: Path | None = None


def set_apart(place: Path | None) -> None:
    """From now on these folders of this process are made in `place`, which an app that is confined can see."""
    global _apart
    _apart = place


def new_room(prefix: str) -> Path:
    """A new folder that an app may write to. A confined app has a user of its own, so every user may write there: no
    other one can see the place."""
    room = Path(tempfile.mkdtemp(prefix=prefix, dir=_apart))
    if _apart is not None:
        room.chmod(0o777)
    return room


def remove_room(room: Path) -> None:
    """Removes a folder with all that an app has left there, as far as it can be removed."""
    # Folders may be more deeply nested than Python can follow. The file system of confined apps ends with their run.
    with contextlib.suppress(RecursionError):
        shutil.rmtree(room, ignore_errors=True)
