"""A place for files that live for some seconds: in memory, where the machine has a folder for that."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

# Linux keeps files in memory here. Elsewhere there is no such folder, and the files are with the temporary ones.
_SHARED_MEMORY = Path("/dev/shm")
# In a container it may be small. A run of checks takes a few megabytes.
_ENOUGH = 64 * 1024 * 1024


def folder_in_memory(kind: str) -> tempfile.TemporaryDirectory[str]:
    """A new folder, in memory if possible. A database there commits at once, because it does not wait for a disk.

    A process that is killed leaves its folder behind; the next call for the same `kind` removes it.
    """
    place = _place()
    if place is not None:
        _remove_those_of_the_dead(place, kind)
    return tempfile.TemporaryDirectory(prefix=f"{kind}-{os.getpid()}-", dir=place, ignore_cleanup_errors=True)


def _place() -> Path | None:
    if sys.platform != "linux" or not os.access(_SHARED_MEMORY, os.W_OK | os.X_OK):
        return None
    return _SHARED_MEMORY if shutil.disk_usage(_SHARED_MEMORY).free >= _ENOUGH else None


def _remove_those_of_the_dead(place: Path, kind: str) -> None:
    for folder in place.glob(f"{kind}-*-*"):
        owner = folder.name.split("-")[-2]
        if owner.isdecimal() and not Path("/proc", owner).exists():
            shutil.rmtree(folder, ignore_errors=True)
