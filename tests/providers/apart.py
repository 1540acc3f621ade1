"""The local providers as `python3 -m workbook providers` runs them, in a process of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from workbook.course.places import ROOT

from .raw import LONG


@dataclass
class Apart:
    """The process; `url` is the beginning of all its URLs, and `faults_page` opens with its key."""

    process: subprocess.Popen[str]
    url: str
    faults_page: str

    @property
    def memory(self) -> float:
        """How much memory it takes (MB)."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def switch(self, **order: object) -> None:
        """Switches faults, by an order as in control.py."""
        import requests

        headers = {"X-Control-Key": self.faults_page.partition("key=")[2]}
        url = self.faults_page.partition("?")[0]
        assert requests.post(url, json=order, headers=headers, timeout=LONG).status_code == 204

    def end(self) -> int:
        """Tells it to end, as a system that shuts down does; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LONG)


@contextmanager
def apart() -> Iterator[Apart]:
    """Providers that are ready, on a free port; they end with the test."""
    command = [sys.executable, "-u", "-m", "workbook", "providers", "--provider-port", "0"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    try:
        assert process.stdout is not None
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], f"it ended: {lines}"
        faults_page = re.search(r"http://\S+/control/\S+", "".join(lines))
        assert faults_page is not None
        yield Apart(process, faults_page[0].partition("/control")[0], faults_page[0])
    finally:
        process.kill()
        process.communicate()
