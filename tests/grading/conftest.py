"""One student's copy for all tests, and one that a test may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .copies import released


@pytest.fixture(scope="session")
def students_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A student's copy; no test changes it."""
    return released(tmp_path_factory.mktemp("released") / "copy")


@pytest.fixture
def own_copy(students_copy: Path, tmp_path: Path) -> Path:
    """A student's copy of the test's own."""
    return Path(shutil.copytree(students_copy, tmp_path / "copy"))
