"""What the tests of pages share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Where screenshots go: to the folder that SCREENSHOTS names, for whoever wants to look at them."""
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path / "shots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
