"""`build` in a process of its own, in this repository or in a copy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def build(
    root: Path, *arguments: str, found_first: Path | None = None
) -> tuple[int, dict[str, set[str]], str]:
    """`build` in that repository: its exit code, the names in each part of its report, and its output."""
    before = [str(found_first)] if found_first else []
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("WORKBOOK", "PYTEST"))
    }
    # A student's setting, which must not affect the build.
    environment["WORKBOOK_IN"] = "chapters"
    done = subprocess.run(
        [sys.executable, "-m", "workbook", "build", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
        env={
            **environment,
            "PYTHONPATH": os.pathsep.join([*before, str(root)]),
            "PYTHONHASHSEED": "1",
            "PYTHONIOENCODING": "utf-8",
        },
    )
    said: dict[str, set[str]] = {"current": set(), "stale": set(), "written": set(), "left": set()}
    for line in done.stdout.splitlines():
        word, _, thing = line.strip().partition("  ")
        if line.startswith("  "):
            said[word].add(thing.strip())
    return done.returncode, said, done.stdout + done.stderr
