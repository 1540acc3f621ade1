"""A student who has just cloned the workbook: an empty home, no settings, and a registry that is a folder."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from workbook.course.places import ROOT

# The packages of requirements.txt that `list` needs: enough for a whole set-up in a few seconds.
NEEDED = ("click", "markdown-it-py", "mdurl", "pygments", "rich")
# Longer than anything takes on a slow machine (seconds).
PATIENCE = 180.0
BASE = str(getattr(sys, "_base_executable", sys.executable))


def wheel(name: str, folder: Path) -> None:
    """Packs an installed package into a wheel again, which can be installed without a network."""
    packed = distribution(name)
    stem = f"{packed.metadata['Name'].replace('-', '_')}-{packed.version}"
    # uv's program is outside of site-packages. For other packages the installer makes the programs.
    with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as archive:
        for file in packed.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                archive.write(file.locate(), file.as_posix())
            elif name == "uv" and file.parts[-2] in ("bin", "Scripts"):
                archive.write(file.locate(), f"{stem}.data/scripts/{file.name}")


def make_registry(folder: Path) -> Path:
    """A folder of wheels with all packages that the newcomer needs; with the fast installer where this Python has
    it."""
    folder.mkdir()
    for name in NEEDED:
        wheel(name, folder)
    with contextlib.suppress(PackageNotFoundError):  # then pip made this environment, and does in the tests
        wheel("uv", folder)
    return folder


# No registry at all: no server listens there.
NOWHERE = {
    **{"PIP_INDEX_URL": "http://127.0.0.1:1/", "PIP_RETRIES": "0"},
    **{"UV_INDEX_URL": "http://127.0.0.1:1/", "UV_HTTP_RETRIES": "0"},
}


def from_folder(registry: Path, *installers: str) -> dict[str, str]:
    """The settings by which the installers (PIP, UV; default: both) look in that folder and nowhere else."""
    found = {f"{name}_FIND_LINKS": str(registry) for name in installers or ("PIP", "UV")}
    return {**found, "PIP_NO_INDEX": "1", **({"UV_OFFLINE": "1"} if "UV_FIND_LINKS" in found else {})}


class Clone:
    """The workbook as cloned, with a short requirements.txt."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a clone"  # with a space, as on many a student's machine
        self.home = folder / "home"
        self.home.mkdir()
        for part in ("workbook", "chapters"):
            shutil.copytree(ROOT / part, self.root / part, ignore=shutil.ignore_patterns("__pycache__"))
        pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        kept = [line for line in pins if line.partition("==")[0] in NEEDED]
        assert len(kept) == len(NEEDED)
        (self.root / "requirements.txt").write_text("\n".join(kept) + "\n")
        self.venv = self.root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.stamp = self.venv / "workbook-is-ready"

    def start(
        self,
        settings: Mapping[str, str],
        *arguments: str,
        python: str = BASE,
        before: Callable[[], None] | None = None,
    ) -> Running:
        """Runs `python -m workbook`, by default with `list`; `before` is called in the process, before Python."""
        return Running(
            subprocess.Popen(
                [python, "-m", "workbook", *(arguments or ("list",))],
                cwd=self.root,
                env={
                    **{"HOME": str(self.home), "PATH": os.defpath, "LANG": "C.UTF-8"},
                    **{"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "PYTHONDONTWRITEBYTECODE": "1"},
                    **settings,
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                preexec_fn=before,
            )
        )

    def run(
        self,
        settings: Mapping[str, str],
        *arguments: str,
        python: str = BASE,
        before: Callable[[], None] | None = None,
    ) -> Running:
        """The same, ended."""
        running = self.start(settings, *arguments, python=python, before=before)
        running.end()
        return running


class Running:
    """A command that runs, or ran: its output so far, and its exit code."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self.out = ""
        self._new: queue.Queue[str | None] = queue.Queue()
        self._threads = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_out)]
        for thread in self._threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.said.append(line.rstrip("\n"))
            self._new.put(line)
        self._new.put(None)

    def _read_out(self) -> None:
        assert self.process.stdout
        self.out = self.process.stdout.read()

    def wait_for(self, words: str) -> None:
        """Waits until its output has these words."""
        while True:
            line = self._new.get(timeout=PATIENCE)
            assert line is not None, f"it ended without {words!r}:\n" + "\n".join(self.said)
            if words in line:
                return

    def end(self) -> int:
        """Waits for its end; returns the exit code."""
        code = self.process.wait(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)
        return code

    @property
    def code(self) -> int:
        """The exit code."""
        return self.end()
