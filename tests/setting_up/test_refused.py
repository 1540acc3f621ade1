"""Where set-up cannot go on, it says why in one line, and exits with 2."""

from __future__ import annotations

import ast
import ctypes
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.course.places import ROOT

from .newcomer import NOWHERE, Clone, from_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="clone and limits are as on POSIX")


def small_files_only() -> None:
    """As on a full disk: a larger file does not find room."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


def without_roots_rights() -> None:
    """Takes root's right to write protected files from the process (capabilities(7): DAC_OVERRIDE)."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None)
        assert libc.prctl(24, 1, 0, 0, 0) == 0  # PR_CAPBSET_DROP


def test_a_full_disk(clone: Clone, registry: Path) -> None:
    refused = clone.run(from_folder(registry), before=small_files_only)
    assert refused.code == 2
    assert refused.said[-1].startswith(f"There is no room left on the disk for {clone.venv}.")


def test_a_folder_that_cannot_be_written(clone: Clone) -> None:
    clone.root.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        refused = clone.run({}, before=without_roots_rights)
    finally:
        clone.root.chmod(stat.S_IRWXU)
    assert refused.code == 2
    assert refused.said == [
        f"{clone.root / '.workbook'} cannot be written: copy the workbook to a folder of your own."
    ]


def test_a_file_where_its_folder_is_to_be(clone: Clone) -> None:
    (clone.root / ".workbook").write_text("")
    refused = clone.run({})
    assert refused.code == 2
    assert refused.said == [f"Set-up failed: File exists ({clone.root / '.workbook'})."]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("/usr/bin/python3: No module named venv", "`sudo apt install python3-venv`"),
        ("/usr/bin/python3: No module named ensurepip", "`sudo apt install python3-venv`"),
        ("OSError: [Errno 28] No space left on device", "There is no room left on the disk"),
        ("Error: [Errno 30] Read-only file system: '/x'", "copy the workbook to a folder of your own"),
        ("Error: something else", "Making .venv failed: Error: something else (more in "),
        ("", "Making .venv failed: it said nothing (more in "),
    ],
)
def test_a_python_that_makes_no_environment(clone: Clone, tmp_path: Path, words: str, says: str) -> None:
    failing = tmp_path / "python"
    failing.write_text(f"#!/bin/sh\ncat <<'END'\n{words}\nEND\nexit 1\n")
    failing.chmod(0o700)
    (tmp_path / "sitecustomize.py").write_text(f"import sys; sys._base_executable = {str(failing)!r}")
    refused = clone.run({"PYTHONPATH": str(tmp_path)})
    assert refused.code == 2 and says in refused.said[-1]
    assert len(refused.said) == 3


def test_a_python_without_venv(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['venv'] = None")
    refused = clone.run({"PYTHONPATH": str(tmp_path)})
    assert refused.code == 2 and refused.said[-1].startswith("This Python has no venv module.")


def test_an_environment_that_does_not_run(clone: Clone) -> None:
    """As an environment that a different kind of machine made in the same folder."""
    clone.python.parent.mkdir(parents=True)
    clone.python.write_bytes(b"\x7fELF of another machine")
    clone.python.chmod(0o700)
    (clone.venv / "pyvenv.cfg").write_text("")
    stamp = "import workbook.setting_up as s; s._STAMP.write_text(s._digest())"
    subprocess.run([sys.executable, "-c", stamp], cwd=clone.root, check=True)
    refused = clone.run({})
    assert refused.code == 2
    assert refused.said == [
        f"{clone.python} cannot be run (Exec format error). Delete {clone.venv}, and run the same command again."
    ]


def test_an_old_python_is_told_so_before_it_reads_more() -> None:
    code = (
        "import sys, runpy; sys.version_info = (3, 9, 1); runpy.run_module('workbook', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("The workbook needs Python 3.10 or later, and this is 3.9.")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["__init__.py", "__main__.py"])
def test_an_old_python_can_read_that_much(name: str) -> None:
    ast.parse((ROOT / "workbook" / name).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_environment_that_has_the_packages_is_used(clone: Clone) -> None:
    used = clone.run({}, python=sys.executable)
    assert (used.code, used.said) == (0, []) and "01_twitter_login" in used.out
    assert not clone.venv.exists()


def test_an_environment_with_another_version_is_not_used(clone: Clone) -> None:
    pins = clone.root / "requirements.txt"
    pins.write_text(pins.read_text().replace("click==", "click==0."))
    begun = clone.start(NOWHERE, python=sys.executable)
    begun.wait_for("Making .venv")
    begun.process.terminate()
    assert begun.code == 2
