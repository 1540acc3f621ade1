"""Files that are there whole, or as they were before: a writer that is killed leaves no half file in their place."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def write_whole(place: Path, content: bytes) -> None:
    """Writes a file beside its place, and renames it. Folders that are missing are made.

    OSError where it cannot be written; the file that was there before is then as it was.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_name(f".{place.name}.new")
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(place)
    except BaseException:
        # On a full disk, half a file takes the place that the next one needs.
        with contextlib.suppress(OSError):
            half.unlink()
        raise
