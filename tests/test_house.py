"""The house is in order: types, lints, formats, and dependencies that only go downward."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from workbook.course.places import ROOT

# From the ground up: each may use those before it.
PARTS = ("course", "flow", "providers", "lab", "attacks", "exercises", "checks", "grading", "web", "cli")


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_types() -> None:
    run("mypy", "--strict", "workbook", "--no-error-summary")


def test_lint() -> None:
    run("ruff", "check", ".")


def test_format() -> None:
    run("ruff", "format", "--check", ".")


def imports(file: Path) -> set[str]:
    """The names of the workbook's modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in found if name.startswith("workbook.")}


@pytest.mark.parametrize("part", [part for part in PARTS if (ROOT / "workbook" / part).is_dir()])
def test_dependencies_go_downward(part: str) -> None:
    above = PARTS[PARTS.index(part) + 1 :]
    for file in (ROOT / "workbook" / part).rglob("*.py"):
        upward = {name for name in imports(file) if name.split(".")[1] in above}
        assert not upward, f"{file.relative_to(ROOT)} imports {upward}"


def test_only_apps_import_the_compatibility_module() -> None:
    """A process of the workbook that has imported it would hide that an app lacks it."""
    for file in (ROOT / "workbook").rglob("*.py"):
        assert not {name for name in imports(file) if name.startswith("workbook.compat")}, file
