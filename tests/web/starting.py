"""`start` in a process of its own, on ports that are free."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from workbook.course.places import ROOT

# Longer than anything takes on a slow machine (seconds).
PATIENCE = 180.0


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def fresh_copy(folder: Path) -> Path:
    """The repository as a fresh clone has it, with nothing that was left by other runs."""
    copy = folder / "clone"
    left_out = shutil.ignore_patterns(".git", ".venv", ".workbook", ".env", "__pycache__", ".*_cache")
    shutil.copytree(ROOT, copy, ignore=left_out)
    return copy


class Started:
    """A `start` that runs: its ports, what it printed, its processes."""

    def __init__(self, root: Path, *arguments: str, ports: tuple[int, int] | None = None) -> None:
        self.port, self.provider_port = ports or (free_port(), free_port())
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-u", "-m", "workbook", "start", *arguments, "--no-browser"),
                *("--port", str(self.port), "--provider-port", str(self.provider_port)),
            ],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"},
        )
        self.lines: list[str] = []
        self._new: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._new.put(line.rstrip("\n"))
        self._new.put(None)

    @property
    def same_ports(self) -> list[str]:
        """The options that name its ports."""
        return ["--port", str(self.port), "--provider-port", str(self.provider_port)]

    @property
    def app(self) -> str:
        """The app's address."""
        return f"http://localhost:{self.port}"

    @property
    def page(self) -> str:
        """The live page's address."""
        return f"http://127.0.0.1:{self.provider_port}/"

    def wait_for(self, pattern: str) -> str:
        """The next printed line that the pattern is found in."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                line = self._new.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line with {pattern!r} in:\n" + "\n".join(self.lines)) from None
            assert line is not None, f"it ended without {pattern!r}:\n" + "\n".join(self.lines)
            self.lines.append(line)
            if re.search(pattern, line):
                return line

    def family(self) -> list[psutil.Process]:
        """It and every process that it started."""
        try:
            own = psutil.Process(self.process.pid)
            return [own, *own.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def kill(self) -> None:
        """Ends it without asking."""
        for member in self.family():
            with suppress(psutil.NoSuchProcess):  # one may end by itself in the meantime
                member.kill()
        self.process.wait()


@contextmanager
def started(root: Path, *arguments: str, ports: tuple[int, int] | None = None) -> Iterator[Started]:
    """`start` that is ready, at these ports (the app's and the providers') or at free ones; ended in any case."""
    one = Started(root, *arguments, ports=ports)
    try:
        one.wait_for(r"Ctrl-C ends it")
        yield one
    finally:
        one.kill()


def is_free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


INTERRUPT = signal.CTRL_BREAK_EVENT if sys.platform == "win32" else signal.SIGINT
