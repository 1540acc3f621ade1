"""Where what lives for some seconds is kept: in memory, where the machine has a folder for that."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# Linux keeps files in memory here. Elsewhere there is no such folder, and files are where temporary ones are.
_SHARED_MEMORY = Path("/dev/shm")
# In a container it may be small. A run of checks takes a few megabytes.
_ENOUGH = 64 * 1024 * 1024


def in_memory() -> Path | None:
    """A folder whose files are in memory; None where there is none, as for `dir` of tempfile's functions.

    A database there is committed in no time: nothing waits for a disk.
    """
    if sys.platform != "linux" or not os.access(_SHARED_MEMORY, os.W_OK | os.X_OK):
        return None
    return _SHARED_MEMORY if shutil.disk_usage(_SHARED_MEMORY).free >= _ENOUGH else None
