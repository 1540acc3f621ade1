"""Processes that can end at any moment, also while a test asks about them."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

# Longer than an end takes on a slow machine (seconds).
PATIENCE = 120.0


def lives(process: psutil.Process) -> bool:
    """Whether a process still works. A zombie does not."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end(processes: Iterable[psutil.Process]) -> bool:
    """Whether all of these processes end; waits for them."""
    _, left = psutil.wait_procs(list(processes), timeout=PATIENCE)
    return not any(map(lives, left))
