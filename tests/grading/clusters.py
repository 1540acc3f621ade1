"""A Dask cluster of real processes on this machine, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from workbook.course.places import ROOT

# Longer than anything takes on a busy machine (seconds).
PATIENCE = 240.0


class DaskCluster:
    """A scheduler on loopback, and workers with one thread each. Use it in a `with`: all processes end with it.

    `environment`: what the scheduler gets beside this process's environment. A worker that ends is not started again.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._started: list[subprocess.Popen[bytes]] = []
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--port", "0", "--no-dashboard", "--scheduler-file", str(self._file)]
        self.scheduler = self._start("scheduler", *options, environment=environment)

    @property
    def address(self) -> str:
        """The scheduler's, as soon as there is one."""

        def found() -> str:
            try:
                return str(json.loads(self._file.read_text(encoding="utf-8"))["address"])
            except (OSError, ValueError, KeyError):
                return ""

        return wait_for(found, f"a scheduler ({self.log})")

    @property
    def log(self) -> str:
        """What the processes wrote."""
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(f"{log.name}: {log.read_text(errors='replace')[-2000:]}" for log in logs)

    def worker(self, *path: Path) -> subprocess.Popen[bytes]:
        """Starts a worker, with these folders on its PYTHONPATH, too."""
        known = os.environ.get("PYTHONPATH", "")
        places = os.pathsep.join([*map(str, path), *([known] if known else [])])
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self._folder)]
        return self._start("worker", self.address, *options, environment={"PYTHONPATH": places})

    def _start(self, kind: str, *options: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"{kind}-{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", kind, *options, "--host", "127.0.0.1"],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return process

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(self, *unused: object) -> None:
        for process in reversed(self._started):
            process.kill()
            process.wait(PATIENCE)


def wait_for(found: Callable[[], str], what: str) -> str:
    """What `found` gives as soon as it is not empty."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError(f"there is no {what}")


def above(pid: int) -> set[int]:
    """The processes that this one comes from."""
    return {parent.pid for parent in psutil.Process(pid).parents()}
